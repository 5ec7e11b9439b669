"""Starts programs, ours and aiortc's, waits for what they do, and leaves none behind."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

BIN = Path(os.environ.get("BALLSESSION_BIN", "../target/release"))
PEERS = Path(__file__).parent / "peers"
# The only address besides loopback, or loopback where no network namespace could be made.
ADDRESS = os.environ.get("BALLSESSION_INTEROP_ADDRESS", "127.0.0.1")
# How long anything may take that should happen at once: a busy machine takes seconds to start Python.
WAIT_LIMIT = 30.0
# An error in pixels that a good detector stays below, the first frames of a stream included. In the frame before or
# behind, the ball is 9 pixels away.
CLOSE = 0.5

T = TypeVar("T")


def until(what: str, find: Callable[[], T | None], within: float = WAIT_LIMIT) -> T:
    """Waits until `find` returns something."""
    deadline = time.monotonic() + within
    while True:
        if found := find():
            return found
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        time.sleep(0.02)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def is_listening(port: int) -> bool:
    """Whether somebody listens on `port`. Found without a connection, which would take an aiortc server's only offer."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = "0A"
    return any(int(row[1].split(":")[1], 16) == port and row[3] == listening for row in rows)


class Program:
    """A running program; what it writes goes to files, so that it never waits for a reader."""

    def __init__(self, folder: Path, name: str, command: list[str]) -> None:
        self.name = name
        self.out, self.err = folder / f"{name}.out", folder / f"{name}.err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL)

    def output(self) -> str:
        return self.out.read_text(errors="replace")

    def log(self) -> str:
        return self.err.read_text(errors="replace")

    def is_running(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, within: float = WAIT_LIMIT) -> int:
        """The exit code; negative: the signal that ended it."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} does not end within {within} s:\n{self.log()}") from None

    def processor_seconds(self) -> float:
        """What a running program has used of the processor so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def result(self, within: float = WAIT_LIMIT) -> dict:
        """What an aiortc program prints when it ends in good order."""
        code = self.wait(within)
        assert code == 0, f"{self.name} ended with {code}:\n{self.log()}"
        return json.loads(self.output())

    def end(self) -> None:
        if self.is_running():
            self.process.kill()
            self.process.wait()


class Server(Program):
    """Our server, on ports of its own choice, unless `port` and `http` are given."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], port: int, http: int) -> None:
        self.summary_file = folder / "server.json"
        where = [f"--listen={ADDRESS}:{port}", f"--http={ADDRESS}:{http}", f"--summary={self.summary_file}"]
        super().__init__(folder, "server", [str(BIN / "ballsession-server"), *where, "-v", *arguments])
        found = until(
            "the server's addresses", lambda: re.search(r"signalling on \S+:(\d+), HTTP on (\S+)\n", self.output())
        )
        self.port, self.http = int(found[1]), found[2]

    def status(self) -> dict:
        """The summary so far."""
        with urllib.request.urlopen(f"http://{self.http}/status", timeout=5) as response:
            return json.load(response)

    def rows(self) -> list[dict]:
        return self.status()["clients"]

    def until_counted(self, frames: int, rows: int = 1, within: float = WAIT_LIMIT) -> None:
        """Waits until each of `rows` clients has reported so many frames."""

        def counted() -> bool:
            found = [row["frames"]["matched"] + row["frames"]["estimated"] for row in self.rows()]
            return len(found) >= rows and min(found) >= frames

        until(f"{frames} frames of each of {rows} clients", counted, within)

    def stop(self) -> dict:
        """Ends it in good order: the final summary."""
        self.signal(signal.SIGINT)
        assert self.wait() == 0, self.log()
        return json.loads(self.summary_file.read_text())


class Programs:
    """All programs of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Program] = []

    def _add(self, program: Program) -> Program:
        self.started.append(program)
        return program

    def server(self, *arguments: str, port: int = 0, http: int = 0) -> Server:
        return self._add(Server(self.folder, arguments, port, http))

    def client(self, port: int, *arguments: str) -> Program:
        """Our client."""
        summary = f"--summary={self.folder / 'client.json'}"
        command = [str(BIN / "ballsession-client"), f"--server={ADDRESS}:{port}", summary, "-v", *arguments]
        return self._add(Program(self.folder, "client", command))

    def client_summary(self) -> dict:
        return json.loads((self.folder / "client.json").read_text())

    def peer(self, script: str, port: int, *arguments: str) -> Program:
        """An aiortc program."""
        name = f"{script}-{len(self.started)}"
        command = [sys.executable, str(PEERS / f"{script}.py"), f"--host={ADDRESS}", f"--port={port}", *arguments]
        return self._add(Program(self.folder, name, command))

    def aiortc_server(self, *arguments: str) -> tuple[Program, int]:
        """An aiortc server that listens, and its port."""
        port = free_port()
        server = self.peer("server", port, *arguments)
        until("the aiortc server to listen", lambda: is_listening(port))
        return server, port

    def end(self) -> None:
        for program in self.started:
            program.end()


class Gateway:
    """An address that is not the server's own, which leads to its UDP port: for one client."""

    def __init__(self, port: int) -> None:
        self.outside, self.inside = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for end in (self.outside, self.inside):
            end.bind((ADDRESS, 0))
            end.settimeout(0.1)
        self.port = self.outside.getsockname()[1]
        self.client: tuple[str, int] | None = None
        self.server = (ADDRESS, port)
        self.is_over = False
        self.threads = [threading.Thread(target=carry) for carry in (self._inward, self._outward)]

    def __enter__(self) -> "Gateway":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over = True
        for thread in self.threads:
            thread.join()

    def _inward(self) -> None:
        while not self.is_over:
            with contextlib.suppress(TimeoutError):
                datagram, self.client = self.outside.recvfrom(2048)
                self.inside.sendto(datagram, self.server)

    def _outward(self) -> None:
        while not self.is_over:
            with contextlib.suppress(TimeoutError):
                datagram = self.inside.recv(2048)
                if self.client:
                    self.outside.sendto(datagram, self.client)
