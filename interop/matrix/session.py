"""One session of our server or client with a peer, and what came of it."""

import json
import os
import re
import socket
import time
import urllib.request
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from cases import FAILS, VIDEO_ONLY, WORKS
from descriptions import edited
from exchange import Peer, Refused, Signalling, post_whep
from harness import ADDRESS, BIN, Program, until

ADDRESS6 = os.environ.get("BALLSESSION_INTEROP_ADDRESS6")
# A session works when our server knows the fate of so many frames, or our client has found the ball in so many: those of
# another program it reports only when it has heard no question for a second and a half.
REPORTED, FOUND = 30, 120


@dataclass
class Outcome:
    """What came of a session."""

    state: str = FAILS
    # Milliseconds from both descriptions to the first report at our server, or the first decoded frame at our client.
    setup: float | None = None
    # Frames by fate at our server; at our client decoded ones, and reports that reached the peer.
    frames: dict[str, int] = field(default_factory=dict)
    # What our program, or else the peer, says is wrong.
    lines: list[str] = field(default_factory=list)
    peer: dict[str, int] = field(default_factory=dict)


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


class Session:
    def __init__(self, folder: Path, command: list[str], role: str, variant: str, clip: Path, limit: float) -> None:
        self.folder, self.role, self.variant, self.limit = folder, role, variant, limit
        self.host = bracketed(ADDRESS6 if variant == "ipv6" else ADDRESS)
        self.command, self.clip = command, clip
        self.outcome = Outcome()

    def run(self) -> Outcome:
        with ExitStack() as ending:
            self.ending = ending
            self.peer = Peer(self.folder, self.command, self.role, self.variant, self.clip)
            ending.callback(self.peer.end)
            ours = None
            try:
                ours = getattr(self, self.role)()
                self.watch(ours)
                self.outcome.peer = self.peer.counts()
                self.outcome.state = self.judged()
            except Refused as refusal:
                self.outcome.lines.append(str(refusal))
            if ours:
                # What our own program says comes first.
                self.outcome.lines = [*ours.lines(), *self.outcome.lines]
        return self.outcome

    def judged(self) -> str:
        """The state, with what the peer knows."""
        state, peer = self.outcome.state, self.outcome.peer
        is_silent = self.role == "sends" and state == WORKS and peer["messages"] == 0
        is_seen = state == FAILS and peer["frames"] >= REPORTED
        return VIDEO_ONLY if is_silent or is_seen else state

    def described(self) -> str:
        """The peer's description, in the variant."""
        return edited(self.peer.take()["sdp"], self.variant)

    def answers(self) -> "Ours":
        server = self.server()
        signalling = Signalling(socket.create_connection((self.host.strip("[]"), server.port), 5))
        self.ending.callback(signalling.close)
        self.peer.give("offer", signalling.receive("offer"))
        signalling.send(type="answer", sdp=self.described())
        return server

    def watches(self) -> "Ours":
        server = self.server()
        self.peer.give("answer", post_whep(server.http, self.described()))
        return server

    def sends(self) -> "Ours":
        offer = self.described()
        family = socket.AF_INET6 if self.variant == "ipv6" else socket.AF_INET
        with closing(socket.create_server((self.host.strip("[]"), 0), family=family)) as listener:
            client = Client(self.folder, self.host, listener.getsockname()[1])
            self.ending.callback(client.end)
            listener.settimeout(10)
            signalling = Signalling(listener.accept()[0])
        self.ending.callback(signalling.close)
        signalling.send(type="offer", sdp=offer)
        self.peer.give("answer", signalling.receive("answer"))
        return client

    def server(self) -> "Server":
        server = Server(self.folder, self.host)
        self.ending.callback(server.end)
        return server

    def watch(self, ours: "Ours") -> None:
        """Until enough frames are accounted for, or one side says what is wrong."""
        deadline = time.monotonic() + self.limit
        while time.monotonic() < deadline and ours.is_running() and not ours.lines():
            ours.look(self.outcome)
            if self.outcome.state == WORKS:
                return
            if not self.peer.is_running():
                raise Refused(self.peer.last_line())
            time.sleep(0.1)
        if ours.is_running():
            ours.look(self.outcome)


class Ours(Program):
    """Our server or client, without -v: then it has one line for what went wrong."""

    def __init__(self, folder: Path, name: str, *arguments: str) -> None:
        super().__init__(folder, name, [str(BIN / f"ballsession-{name}"), *arguments])

    def http_address(self) -> str:
        return until(f"the {self.name}'s address", lambda: re.search(r"HTTP on (\S+)\n", self.output()))[1]

    def status(self) -> dict:
        with urllib.request.urlopen(f"http://{self.http}/status", timeout=5) as response:
            return json.load(response)

    def lines(self) -> list[str]:
        """What is wrong, each line without its time."""
        return [re.sub(r"^\S+Z +", "", line) for line in self.log().splitlines()]


class Server(Ours):
    def __init__(self, folder: Path, host: str) -> None:
        super().__init__(folder, "server", f"--listen={host}:0", f"--http={host}:0")
        self.http = self.http_address()
        self.port = int(re.search(r"signalling on \S+:(\d+)", self.output())[1])

    def look(self, outcome: Outcome) -> None:
        rows = self.status()["clients"]
        if not rows:
            return
        frames, setup = rows[0]["frames"], rows[0]["setupMilliseconds"]
        outcome.frames = {fate: count for fate, count in frames.items() if count and fate != "sent"}
        if frames["matched"] + frames["estimated"] + frames["undetected"] >= REPORTED:
            outcome.state = WORKS
        if setup["firstReport"] is not None:
            outcome.setup = setup["firstReport"] - (setup["signaling"] or 0)


class Client(Ours):
    def __init__(self, folder: Path, host: str, port: int) -> None:
        super().__init__(folder, "client", f"--server={host}:{port}", f"--http={host}:0")
        self.http = self.http_address()

    def look(self, outcome: Outcome) -> None:
        status = self.status()
        setup = status["setupMilliseconds"]
        outcome.frames = {fate: count for fate, count in status["frames"].items() if count}
        if status["frames"]["detected"] >= FOUND:
            outcome.state = WORKS
        if setup["firstDecoded"] is not None:
            outcome.setup = setup["firstDecoded"] - (setup["signaling"] or 0)
