"""aiortc clients at our server: every way in which such programs report."""

import pytest
from harness import ADDRESS, CLOSE, Gateway, free_port

# Frames that an aiortc client can get and never report: its receiver gives a frame away when the next one comes, and
# one more is on its way when it ends.
IN_FLIGHT = 3


def check_sum(frames: dict) -> None:
    fates = ["pending", "matched", "estimated", "lost", "late", "undecodable", "undetected"]
    assert frames["sent"] == sum(frames[fate] for fate in fates), frames


def client_results(programs, server, dialect: str) -> list[dict]:
    """Runs two clients to their end: for one the server creates the channel, the other one creates it itself."""
    clients = [
        programs.peer("client", server.port, "--dialect", dialect, "--channel", creator, "--seconds", "4")
        for creator in ("server", "client")
    ]
    return [client.result() for client in clients]


@pytest.mark.parametrize("dialect", ["json-pts", "tabs"])
def test_timestamps_of_the_clients_own_are_paired_with_the_nearest_frame(programs, dialect):
    server = programs.server()
    results = client_results(programs, server, dialect)
    summary = server.stop()

    assert all(result["reports"] > 60 for result in results), results
    for row in summary["clients"]:
        frames = row["frames"]
        check_sum(frames)
        assert (row["pairing"], row["pairingMilliseconds"], row["state"]) == ("relative", 0, "Ended"), row
        assert frames["estimated"] > 60 and frames["matched"] == frames["malformed"] == 0, row
        # Nothing was lost on the way, nor by pairing: the rest was in flight at the end.
        assert frames["sent"] - frames["estimated"] <= IN_FLIGHT + frames["late"], row
        assert row["errorPixels"]["p95"] < CLOSE, row
        assert row["latencyMilliseconds"]["p50"] > 30, "aiortc holds a frame back until the next one"
        assert row["freezes"] is not None
    assert summary["errorPixels"]["p95"] < CLOSE
    assert summary["frames"]["estimated"] == sum(row["frames"]["estimated"] for row in summary["clients"])
    assert summary["errors"] == []


@pytest.mark.parametrize("dialect", ["json", "comma"])
def test_reports_without_timestamps_are_paired_by_arrival(programs, dialect):
    server = programs.server()
    client_results(programs, server, dialect)
    summary = server.stop()

    assert len(summary["clients"]) == 2
    for row in summary["clients"]:
        frames = row["frames"]
        check_sum(frames)
        assert (row["pairing"], row["state"]) == ("arrival", "Ended"), row
        assert frames["estimated"] > 60 and frames["sent"] == frames["estimated"], row
        assert row["lossPercent"] is row["latencyMilliseconds"] is row["gaps"] is None, row
        assert row["freezesFrom"] == "arrivals" and row["freezes"]["longestMilliseconds"] < 1000, row
        assert row["errorPixels"]["p50"] < CLOSE, row
        assert 0 < row["pairingMilliseconds"] < 500, row
    # What is only known to be likely stays out of everybody's numbers.
    assert summary["errorPixels"] is summary["latencyMilliseconds"] is summary["lossPercent"] is None
    assert summary["setupMilliseconds"] is None


def test_a_client_that_only_answers_shows_the_true_error_of_its_detector(programs):
    server = programs.server()
    original = programs.peer("original_client", server.port)
    # The same detector in a program that says which frames it means.
    programs.peer("client", server.port, "--detector=box")
    # One a second, after the first three.
    server.until_counted(12, rows=2, within=60)
    rows = {row["pairing"]: row for row in server.rows()}
    summary = server.stop()
    assert original.result()["answers"] >= 12

    known, guessed = rows["relative"]["errorPixels"], rows["arrival"]["errorPixels"]
    # The middle of a box of whole pixels is off by some tenths of one.
    assert 0.3 < known["p50"] < 1, rows
    assert abs(guessed["p50"] - known["p50"]) < 0.4, rows
    assert rows["arrival"]["lossPercent"] is None
    assert all(row["frames"]["malformed"] == 0 for row in summary["clients"])
    assert server.output().count("true (") > 10, "the live lines show where the ball was"


def test_a_client_reaches_a_server_at_the_address_that_it_advertises_and_at_no_other(programs):
    """The server is ICE-lite then: the client, which answers, is the one that checks and decides."""
    port = free_port()
    with Gateway(port) as gateway:
        server = programs.server(f"--media-ports={port}", f"--advertise={ADDRESS}:{gateway.port}")
        client = programs.peer("client", server.port, "--dialect", "json-pts", "--channel", "server", "--seconds", "4")
        result = client.result()
        summary = server.stop()
    assert result["reports"] > 60, result
    [row] = summary["clients"]
    assert row["frames"]["estimated"] > 60, row
    ends = [(end["candidateType"], end["address"], end["port"]) for end in row["serverPath"].values()]
    assert ends == [("host", ADDRESS, gateway.port), ("prflx", ADDRESS, gateway.inside.getsockname()[1])], row
    assert "path" not in row, "such a client does not say"
