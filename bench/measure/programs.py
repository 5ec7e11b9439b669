"""The programs that are measured: our server and client, aiortc's, and the load generator."""

import json
import re
import signal
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Of the tests with aiortc programs: starting programs, waiting for what they say, ending them.
from harness import ADDRESS, BIN, PEERS, Program, free_port, is_listening, until

from measure.processes import Process

BENCH = Path(__file__).parents[1]


@dataclass(frozen=True)
class Video:
    """What is streamed; the ball grows with the picture."""

    width: int
    height: int
    rate: int

    @property
    def name(self) -> str:
        return f"{self.width}x{self.height}@{self.rate}"

    def scene(self) -> list[str]:
        """Our programs' arguments for it."""
        scale = self.height / 480
        return [
            f"--width={self.width}",
            f"--height={self.height}",
            f"--fps={self.rate}",
            f"--radius={20 * scale:g}",
            f"--speed={270 * scale:g}",
        ]


def only_at(address: str) -> list[str]:
    """Arguments of ours that keep media to an address that is not the one of everybody."""
    return [] if address == ADDRESS else [f"--ice-address={address}"]


class OurServer(Program):
    """Our server. `window` is that of its recent numbers."""

    def __init__(
        self, folder: Path, video: Video, window: int, verbose: bool = False, address: str = ADDRESS
    ) -> None:
        command = [str(BIN / "ballsession-server"), f"--listen={address}:0", f"--http={address}:0"]
        command += [*video.scene(), f"--window={window}s", *(["-v"] if verbose else []), *only_at(address)]
        super().__init__(folder, "server", command)
        pattern = r"signalling on \S+:(\d+), HTTP on (\S+)\n"
        found = until("the server's addresses", lambda: re.search(pattern, self.output()))
        self.port, self.http = int(found[1]), found[2]

    def status(self) -> dict:
        with urllib.request.urlopen(f"http://{self.http}/status", timeout=10) as response:
            return json.load(response)

    def has_reports(self) -> bool:
        return any(row["frames"]["matched"] + row["frames"]["estimated"] for row in self.status()["clients"])

    def recent(self) -> dict:
        """The numbers of the last while."""
        return self.status()["recent"]


class AiortcServer(Program):
    """aiortc's server. Its numbers come when it ends."""

    def __init__(
        self, folder: Path, video: Video, window: int, verbose: bool = False, address: str = ADDRESS
    ) -> None:
        self.port = free_port()
        script = str(BENCH / "peers" / "server.py")
        command = [sys.executable, script, f"--host={address}", f"--port={self.port}", f"--window={window}"]
        command += [f"--width={video.width}", f"--height={video.height}", f"--fps={video.rate}"]
        super().__init__(folder, "server", command + (["--verbose"] if verbose else []))
        until("the aiortc server to listen", lambda: is_listening(self.port))

    def has_reports(self) -> bool:
        return "first report" in self.output()

    def recent(self) -> dict:
        self.signal(signal.SIGINT)
        assert self.wait() == 0, self.log()
        return json.loads(self.output().splitlines()[-1])["recent"]


def our_client(folder: Path, port: int, address: str = ADDRESS) -> Program:
    command = [str(BIN / "ballsession-client"), f"--server={address}:{port}"]
    return Program(folder, "client", [*command, *only_at(address)])


def aiortc_client(folder: Path, port: int, address: str = ADDRESS) -> Program:
    command = [sys.executable, str(PEERS / "client.py"), f"--host={address}", f"--port={port}"]
    return Program(folder, "client", command)


def load(folder: Path, port: int, sessions: int, joins_per_second: int) -> Program:
    """The load generator; it runs until it is ended."""
    command = [str(BIN / "ballsession-load"), f"--server={ADDRESS}:{port}", f"--sessions={sessions}"]
    command += [f"--joins-per-second={joins_per_second}", "--duration=1h"]
    return Program(folder, "load", command)


SERVERS = {"ours": OurServer, "aiortc": AiortcServer}
CLIENTS = {"ours": our_client, "aiortc": aiortc_client}


def process(program: Program) -> Process:
    return Process(program.process.pid)


class Started:
    """Programs that end when the measurement does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs: list[Program] = []

    def add(self, program: Program) -> Program:
        self.programs.append(program)
        return program


@contextmanager
def started() -> Iterator[Started]:
    """A folder for what programs write, and an end to all of them."""
    with tempfile.TemporaryDirectory(prefix="ballsession-bench.") as folder:
        programs = Started(Path(folder))
        try:
            yield programs
        finally:
            for program in programs.programs:
                program.end()
