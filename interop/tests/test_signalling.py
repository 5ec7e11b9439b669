"""What else happens on the signalling port, and slow starts."""

import json
import socket
import threading

import pytest
from harness import ADDRESS, CLOSE, free_port

# Longer than any line may be: aiortc's limit is that of asyncio, 64 KiB.
LONG_LINE = b'{"type": "answer", "sdp": "' + b"x" * 70_000 + b'"}\n'


def receive_lines(connection: socket.socket) -> list[dict]:
    """All messages until the other side closes."""
    with connection.makefile("rb") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture
def silent_stun():
    """A STUN server that never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((ADDRESS, 0))
        yield f"{ADDRESS}:{server.getsockname()[1]}"


class PatientProxy(threading.Thread):
    """Forwards one connection to `port`, which it makes once the client's first byte is there, as service meshes do."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.target = port
        self.listener = socket.create_server((ADDRESS, 0))
        self.port = self.listener.getsockname()[1]
        self.first = b""

    def run(self) -> None:
        client, _ = self.listener.accept()
        self.first = client.recv(4096)
        server = socket.create_connection((ADDRESS, self.target), 10)
        server.sendall(self.first)
        back = threading.Thread(target=self.forward, args=(server, client), daemon=True)
        back.start()
        self.forward(client, server)
        back.join()

    @staticmethod
    def forward(source: socket.socket, sink: socket.socket) -> None:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


def test_our_client_opens_proxies_that_wait_for_its_first_byte_which_an_aiortc_server_takes(programs):
    """It waited for the offer, and the proxy for it. An empty line would do for the proxy and end an aiortc server."""
    server, port = programs.aiortc_server()
    proxy = PatientProxy(port)
    proxy.start()
    client = programs.client(proxy.port, "--duration=3s")
    assert client.wait() == 0, client.log()
    assert proxy.first == b" "
    assert server.result()["reports"] > 20


def test_a_probe_before_the_client_takes_nothing_away(programs):
    server = programs.server()
    for _ in range(3):
        socket.create_connection((ADDRESS, server.port), 5).close()
    programs.peer("client", server.port)
    server.until_counted(30)
    summary = server.stop()
    assert [row["state"] for row in summary["clients"]] == ["Ended"], "probes have no rows"
    assert summary["errors"] == []


def test_further_connections_leave_a_running_session_alone(programs):
    server = programs.server()
    programs.peer("client", server.port)
    server.until_counted(30)
    with (
        socket.create_connection((ADDRESS, server.port), 5) as mute,
        socket.create_connection((ADDRESS, server.port), 5) as babbling,
        socket.create_connection((ADDRESS, server.port), 5) as long_winded,
    ):
        babbling.sendall(b"GET / HTTP/1.1\r\n\r\n")
        long_winded.sendall(LONG_LINE)
        for connection in (babbling, long_winded):
            connection.settimeout(10)
            assert [message["type"] for message in receive_lines(connection)] == ["offer", "bye"]
        counted = server.rows()[0]["frames"]["estimated"]
        server.until_counted(counted + 60)
        assert mute.fileno() >= 0
        summary = server.stop()
    (row,) = summary["clients"]
    assert row["errorPixels"]["p95"] < CLOSE and row["lossPercent"] < 5, row
    (error,) = summary["errors"]
    assert (error["code"], error["count"]) == ("SignalingFailed", 2)


def test_a_line_that_is_too_long_fails_our_client_with_a_clear_word(programs):
    with socket.create_server((ADDRESS, 0)) as listener:
        client = programs.client(listener.getsockname()[1], "--give-up-after=3s")
        listener.settimeout(10)
        received = []

        def serve() -> None:
            try:
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.sendall(LONG_LINE)
                        received.extend(receive_lines(connection))
            except OSError:
                # The listener is closed, at the end of the test.
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        assert client.wait() == 1
    assert "SignalingFailed" in client.log() and "longer than 65536 bytes" in client.log(), client.log()
    assert {"type": "bye"} in received


def test_our_server_waits_for_a_client_whose_stun_server_is_silent(programs, silent_stun):
    server = programs.server()
    client = programs.peer("client", server.port, f"--stun={silent_stun}")
    server.until_counted(30)
    (row,) = server.rows()
    assert row["setupMilliseconds"]["signaling"] > 4000, "the case was not one of silence"
    assert row["errorPixels"]["p95"] < CLOSE
    server.stop()
    assert client.result()["ended"] == "bye"


def test_our_client_waits_for_a_server_whose_stun_server_is_silent(programs, silent_stun):
    """Such a server does not even listen before it has given up."""
    port = free_port()
    server = programs.peer("server", port, f"--stun={silent_stun}")
    client = programs.client(port, "--duration=3s")
    assert client.wait() == 0, client.log()
    assert server.result()["reports"] > 20
