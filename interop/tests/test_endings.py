"""Sessions of our server with aiortc clients that end in other ways than by the client's bye."""

import signal

import pytest
from harness import until


def test_a_client_hears_bye_when_our_server_is_stopped_first(programs):
    server = programs.server()
    client = programs.peer("client", server.port)
    server.until_counted(30)
    used = client.processor_seconds()
    server.signal(signal.SIGTERM)
    assert server.wait(10) == 0
    result = client.result(10)
    assert result["ended"] == "bye"
    assert used < 10, "it has not been spinning before either"


@pytest.mark.parametrize("how", ["killed", "exit"])
def test_a_client_that_is_gone_without_bye_is_lost_and_the_next_one_is_served(programs, how):
    server = programs.server()
    if how == "killed":
        client = programs.peer("client", server.port)
        server.until_counted(30)
        client.signal(signal.SIGKILL)
    else:
        client = programs.peer("client", server.port, "--seconds=2", "--ending=exit")
        client.wait()
    row = until("the row to say so", lambda: next((row for row in server.rows() if row["state"] == "Lost"), None), 5)
    assert row["frames"]["estimated"] >= 30

    programs.peer("client", server.port)
    server.until_counted(30, rows=2)
    summary = server.stop()
    assert [error["code"] for error in summary["errors"]] == ["PeerLost"]
    assert [row["state"] for row in summary["clients"]] == ["Lost", "Ended"]


def test_a_client_that_closes_without_bye_is_lost(programs):
    """It closes its peer connection and keeps the signalling open, silently."""
    server = programs.server()
    client = programs.peer("client", server.port, "--seconds=2", "--ending=mute")
    until("the row to say so", lambda: [row["state"] for row in server.rows()] == ["Lost"])
    assert client.is_running()
    summary = server.stop()
    assert [error["code"] for error in summary["errors"]] == ["PeerLost"]
