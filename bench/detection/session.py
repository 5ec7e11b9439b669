"""A server and its clients, each in a control group of its own where there can be one, and the relays between them."""

import json
import re
import signal
import urllib.request
from http.client import HTTPException
from pathlib import Path

from measure.programs import BIN, Program, Video, until

from detection.cgroup import Group
from detection.relay import Relay

ADDRESS = "127.0.0.1"
# What the verdict looks back on, in seconds: short, so that what is over is forgotten soon.
WINDOW = 15
# How long an answer of the server's may take.
ANSWER = 2.0


class Session:
    """Running programs; `end` ends them all. `through` are the clients that a relay each stands before."""

    def __init__(
        self,
        folder: Path,
        number: int,
        video: Video,
        background: str,
        objectives: dict[str, str],
        has_groups: bool,
    ) -> None:
        self.folder, self.number, self.has_groups = folder, number, has_groups
        self.groups: dict[str, Group] = {}
        self.relays: dict[str, Relay] = {}
        self.programs: dict[str, Program] = {}
        self.commands: dict[str, list[str]] = {}
        required = ",".join(f"{key}={value}" for key, value in objectives.items())
        command = [str(BIN / "ballsession-server"), f"--listen={ADDRESS}:0", f"--http={ADDRESS}:0"]
        command += [*video.scene(), f"--background={background}", f"--window={WINDOW}s"]
        command += [f"--require={required}", f"--ice-address={ADDRESS}"]
        server = self.start("server", command)
        pattern = r"signalling on \S+:(\d+), HTTP on (\S+)\n"
        try:
            found = until("the server's addresses", lambda: re.search(pattern, server.output()))
        except AssertionError as error:
            self.end()
            raise AssertionError(f"{error}: {server.log()}") from None
        self.port, self.http = int(found[1]), found[2]

    def start(self, name: str, command: list[str]) -> Program:
        """Starts a program, or the one that `name` stood for again."""
        if self.has_groups and name not in self.groups:
            self.groups[name] = Group(f"{self.number}-{name}")
        self.commands[name] = command
        entered = self.groups[name].enter(command) if name in self.groups else command
        # An earlier one's output is of no use any more.
        self.programs[name] = Program(self.folder, name, entered)
        return self.programs[name]

    def start_again(self, name: str) -> Program:
        return self.start(name, self.commands[name])

    def start_client(self, name: str, arguments: tuple[str, ...] = ()) -> Program:
        """Our client, through its relay where it has one."""
        command = [str(BIN / "ballsession-client"), f"--server={ADDRESS}:{self.port_for(name)}"]
        command += [f"--ice-address={ADDRESS}", f"--id={name}", f"--node=node-{name}", "--reconnect"]
        return self.start(name, [*command, *arguments])

    def start_peer(self, name: str, claim: str) -> Program:
        """One of the load generator's peers, which decode nothing; its id is load-0."""
        command = [str(BIN / "ballsession-load"), f"--server={ADDRESS}:{self.port_for(name)}", "--sessions=1"]
        return self.start(name, [*command, "--threads=1", "--duration=1h", f"--claim={claim}"])

    def relay(self, name: str) -> Relay:
        """The relay before the client `name`."""
        if name not in self.relays:
            self.relays[name] = Relay(self.folder, f"relay-{name}", self.port, seed=self.number + 1)
        return self.relays[name]

    def port_for(self, name: str) -> int:
        return self.relays[name].port if name in self.relays else self.port

    def status(self) -> dict | None:
        """The server's summary; None where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://{self.http}/status", timeout=ANSWER) as response:
                return json.load(response)
        except (OSError, HTTPException):
            return None

    def reporting(self) -> set[str]:
        """The clients of which a frame was matched."""
        rows = (self.status() or {}).get("clients", [])
        return {row["id"] for row in rows if row["frames"]["matched"]}

    def stop(self) -> int:
        """Ends the server in good order: its exit code."""
        server = self.programs["server"]
        server.signal(signal.SIGINT)
        return server.wait()

    def end(self) -> None:
        """Leaves nothing behind."""
        for program in [*self.programs.values(), *self.relays.values()]:
            program.end()
        for group in self.groups.values():
            group.remove()
