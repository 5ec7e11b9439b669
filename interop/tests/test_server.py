"""Our client at aiortc servers."""

import signal

import pytest
from harness import CLOSE, until


def test_every_frame_is_reported_with_a_timestamp_that_the_server_can_pair(programs):
    server, port = programs.aiortc_server()
    client = programs.client(port, "--duration=5s")
    assert client.wait() == 0, client.log()
    result = server.result()

    assert result["ended"] == "bye", "our client says it"
    # The first one and a half seconds belong to questions, which did not come.
    assert result["reports"] > 60 and result["unpaired"] == 0 and result["strange"] == [], result
    assert result["error"]["median"] < CLOSE and result["error"]["max"] < 2, result
    summary = programs.client_summary()
    assert summary["frames"]["detected"] > 100 and summary["state"] == "Ended", summary
    assert summary["errors"] == []


@pytest.mark.parametrize("place", ["first", "last"])
def test_audio_beside_the_video_is_declined_and_changes_nothing(programs, place):
    """P7: with audio first, the candidates of our answer were in a rejected section."""
    server, port = programs.aiortc_server(f"--audio={place}", "--seconds=3")
    client = programs.client(port)
    assert client.wait() == 0, client.log()
    result = server.result()

    assert result["reports"] > 20 and result["error"]["median"] < CLOSE, result
    summary = programs.client_summary()
    assert summary["frames"]["detected"] > 30 and summary["errors"] == [], summary


def test_a_server_that_asks_is_answered_and_told_nothing_else(programs):
    server, port = programs.aiortc_server("--asks")
    client = programs.client(port, "--duration=5s")
    assert client.wait() == 0, client.log()
    result = server.result()

    assert len(result["answers"]) >= 3 and result["reports"] == 0 and result["strange"] == [], result
    assert all(distance < 2 for distance in result["answers"]), "whole pixels, of where the ball has been lately"


def test_the_servers_bye_is_the_end(programs):
    server, port = programs.aiortc_server("--seconds=2")
    client = programs.client(port)
    assert client.wait() == 0, client.log()
    assert server.result()["ended"] == "time"


def test_a_killed_server_is_noticed_at_once_and_awaited_for_a_while(programs):
    server, port = programs.aiortc_server()
    client = programs.client(port, "--give-up-after=2s")
    until("a decoded frame", lambda: "ball at" in client.output())
    server.signal(signal.SIGKILL)
    assert client.wait(10) == 1
    summary = programs.client_summary()
    codes = [error["code"] for error in summary["errors"]]
    assert "PeerLost" in codes and "ConnectFailed" in codes, summary


def test_a_server_that_closes_without_bye_is_noticed(programs):
    """It closes its peer connection and keeps the signalling open, silently."""
    server, port = programs.aiortc_server("--seconds=2", "--ending=mute")
    client = programs.client(port)
    until("our client to say so", lambda: "gone without a bye" in client.log())
    assert server.is_running()


def test_a_client_that_is_stopped_says_bye(programs):
    server, port = programs.aiortc_server()
    client = programs.client(port)
    until("a decoded frame", lambda: "ball at" in client.output())
    client.signal(signal.SIGTERM)
    assert client.wait(10) == 143
    # Without a bye it would run for ever.
    assert server.result(10)["ended"] == "bye"
