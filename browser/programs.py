"""Our programs with their HTTP addresses."""

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import harness
from harness import ADDRESS, BIN, Program, until


def get(address: str, path: str, timeout: float = 10.0) -> tuple[int, bytes]:
    """Status and body of what the program at `address` answers."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=timeout) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def metric(address: str, name: str) -> float:
    """The value of a metric without labels, which the program at `address` must have."""
    text = get(address, "/metrics")[1].decode()
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    assert found, f"{name} in\n{text}"
    return float(found[1])


class Client(Program):
    """Our client, with HTTP on a port of its own choice."""

    def __init__(self, folder: Path, port: int, name: str, arguments: tuple[str, ...]) -> None:
        command = [f"--server={ADDRESS}:{port}", f"--http={ADDRESS}:0", f"--id={name}", *arguments]
        super().__init__(folder, name, [str(BIN / "ballsession-client"), *command])
        self.http = until("the client's address", lambda: re.search(r"HTTP on (\S+)\n", self.output()))[1]

    def status(self) -> dict:
        """What it knows of itself."""
        return json.loads(get(self.http, "/status")[1])

    def metric(self, name: str) -> float:
        """The value of one of its metrics."""
        return metric(self.http, f"ballsession_client_{name}")

    def until_decoded(self, frames: int) -> dict:
        """Waits until it has decoded so many frames: its status then."""

        def decoded() -> dict | None:
            status = self.status()
            return status if status["frames"]["decoded"] >= frames else None

        return until(f"{frames} decoded frames", decoded)


class Programs(harness.Programs):
    """All programs of a test."""

    def client(self, port: int, *arguments: str) -> Client:
        """Our client, with HTTP."""
        return self._add(Client(self.folder, port, f"client-{len(self.started)}", arguments))

    def load(self, port: int, sessions: int) -> Program:
        """So many sessions with the server behind `port`, which report each frame and decode none."""
        command = [str(BIN / "ballsession-load"), f"--server={ADDRESS}:{port}", f"--sessions={sessions}"]
        return self._add(Program(self.folder, f"load-{len(self.started)}", [*command, "--duration=10m"]))

    def pair(self, *arguments: str) -> tuple[harness.Server, Client]:
        """A server with such arguments, and a client that has seen the ball."""
        server = self.server(*arguments)
        client = self.client(server.port)
        client.until_decoded(1)
        return server, client
