"""How descriptions go to and fro: with the peer's program over its standard input and output, with ours over TCP or HTTP."""

import json
import selectors
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from harness import Program

# A browser takes some seconds to start on a busy machine.
DESCRIBED_WITHIN = 40.0
SIGNALLED_WITHIN = 15.0


class Refused(Exception):
    """One side does not take the other's description; the text is its line."""


class Peer(Program):
    """A program of another stack."""

    def __init__(self, folder: Path, command: list[str], role: str, variant: str, clip: Path) -> None:
        self.name = "peer"
        self.err = folder / "peer.err"
        with self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [*command, role, variant, str(clip)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err
            )

    def give(self, kind: str, sdp: str) -> None:
        self._write(json.dumps({"type": kind, "sdp": sdp}))

    def _write(self, line: str) -> None:
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Refused(self.last_line()) from None

    def take(self) -> dict:
        """What it says next."""
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            assert ready.select(DESCRIBED_WITHIN), f"the peer says nothing for {DESCRIBED_WITHIN} s\n{self.log()}"
        line = self.process.stdout.readline()
        if not line:
            self.wait()
            raise Refused(self.last_line())
        return json.loads(line)

    def last_line(self) -> str:
        lines = [line.strip() for line in self.log().splitlines() if line.strip()]
        errors = [line for line in lines if "Error: " in line]
        return f"peer: {[*lines, *errors][-1] if lines else 'ended without a word'}"

    def counts(self) -> dict:
        """Ends it: how many frames and messages it got."""
        self.process.stdin.close()
        return self.take()


class Signalling:
    """Lines of JSON over TCP, as aiortc's `TcpSocketSignaling` has it."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        connection.settimeout(SIGNALLED_WITHIN)
        self.lines = connection.makefile("rb")

    def send(self, **message: str) -> None:
        self.connection.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, kind: str) -> str:
        line = self.lines.readline()
        message = json.loads(line) if line.strip() else {"type": "nothing"}
        if message["type"] != kind:
            raise Refused(f"signalling: {message['type']} instead of an {kind}")
        return message["sdp"]

    def close(self) -> None:
        try:
            self.send(type="bye")
        except OSError:
            # It was quicker.
            pass
        self.lines.close()
        self.connection.close()


def post_whep(http: str, offer: str) -> str:
    """The answer of the server whose HTTP is there."""
    request = urllib.request.Request(f"http://{http}/whep", offer.encode(), {"Content-Type": "application/sdp"})
    try:
        with urllib.request.urlopen(request, timeout=SIGNALLED_WITHIN) as response:
            return response.read().decode()
    except urllib.error.HTTPError as refusal:
        raise Refused(refusal.read().decode().strip()) from None
