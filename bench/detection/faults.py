"""How faults are injected. Each begins, lasts, ends, and returns what it did, as measured by system or relay."""

import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from measure.programs import until

from detection.session import Session

SERVER = "server"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that lasts `seconds`, so many times with a pause between."""

    seconds: float
    times: int = 1
    pause: float = 1.5

    # Whether it can be done only where programs can be limited.
    needs_groups = False

    def prepare(self, session: Session) -> None:
        """Before the clients start."""

    def begin(self, session: Session) -> None:
        raise NotImplementedError

    def end(self, session: Session) -> str:
        """Ends it: what was injected."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Stop(Fault):
    """A program is stopped and goes on."""

    who: str

    def begin(self, session: Session) -> None:
        program = session.programs[self.who]
        program.signal(signal.SIGSTOP)
        until(f"{self.who} to stop", lambda: state(program.process.pid) == "T", within=1.0)

    def end(self, session: Session) -> str:
        program = session.programs[self.who]
        was = state(program.process.pid)
        program.signal(signal.SIGCONT)
        assert was == "T", f"{self.who} did not stay stopped: {was}"
        return "stopped"


@dataclass(frozen=True, kw_only=True)
class Limit(Fault):
    """Programs may use only so much of the processor."""

    who: tuple[str, ...]
    millicores: int
    needs_groups = True

    def begin(self, session: Session) -> None:
        for who in self.who:
            session.groups[who].limit(self.millicores)

    def end(self, session: Session) -> str:
        for who in self.who:
            session.groups[who].limit(None)
        waited = {who: session.groups[who].throttled() for who in self.who}
        return ", ".join(f"{who} throttled for {seconds:.1f} s" for who, seconds in waited.items())


@dataclass(frozen=True, kw_only=True)
class Impair(Fault):
    """The network between the server and one client impairs what it carries."""

    who: str
    to_client: dict | None = None
    to_server: dict | None = None
    holds_signalling: bool = False

    def prepare(self, session: Session) -> None:
        session.relay(self.who)

    def begin(self, session: Session) -> None:
        session.relay(self.who).impair(
            {
                "toClient": self.to_client or {},
                "toServer": self.to_server or {},
                "isSignallingHeld": self.holds_signalling,
            }
        )

    def end(self, session: Session) -> str:
        counts = session.relay(self.who).impair({})
        assert all(counts[direction]["received"] for direction in counts), f"nothing goes through the relay: {counts}"
        injected = []
        directions = (("toClient", "to the client", self.to_client), ("toServer", "to the server", self.to_server))
        for direction, words, impairment in directions:
            for what in ("dropped", "reordered"):
                if counts[direction][what]:
                    injected.append(f"{counts[direction][what]} {what} {words}")
            if delay := (impairment or {}).get("delayMilliseconds"):
                injected.append(f"delayed by {delay} ms {words}")
            if (impairment or {}).get("isHeld"):
                injected.append(f"held {words}")
        return ", ".join(injected)


@dataclass(frozen=True, kw_only=True)
class Kill(Fault):
    """A client is killed, and started again in the end."""

    who: str

    def begin(self, session: Session) -> None:
        program = session.programs[self.who]
        program.signal(signal.SIGKILL)
        program.wait()

    def end(self, session: Session) -> str:
        session.start_again(self.who)
        return "killed and started again"


@dataclass(frozen=True, kw_only=True)
class Join(Fault):
    """One more client of ours joins, and leaves with a bye; `network` impairs it from the beginning on."""

    who: str
    arguments: tuple[str, ...] = ()
    network: dict | None = None

    def begin(self, session: Session) -> None:
        if self.network:
            session.relay(self.who).impair(self.network)
        session.start_client(self.who, self.arguments)

    def end(self, session: Session) -> str:
        return leave(session, self.who)


@dataclass(frozen=True, kw_only=True)
class JoinPeer(Fault):
    """A peer of the load generator joins, which decodes nothing and makes this claim of every frame."""

    claim: str

    def begin(self, session: Session) -> None:
        session.start_peer("peer", self.claim)

    def end(self, session: Session) -> str:
        return leave(session, "peer")


@dataclass(frozen=True, kw_only=True)
class Burn(Fault):
    """Another process uses all that it gets of one core."""

    def begin(self, session: Session) -> None:
        session.start("burner", [sys.executable, "-c", "while True: pass"])

    def end(self, session: Session) -> str:
        program = session.programs["burner"]
        used = program.processor_seconds()
        program.end()
        return f"another process used {used / self.seconds * 100:.0f} % of a core"


def leave(session: Session, who: str) -> str:
    program = session.programs[who]
    assert program.is_running(), f"{who} ended with {program.wait()}: {program.log()}"
    program.signal(signal.SIGINT)
    program.wait()
    return "joined and left"


def state(pid: int) -> str:
    """A process's state, as the letter that ps shows."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def inject(fault: Fault, session: Session) -> tuple[float, float, str]:
    """Injects it: when it began and ended, and what was injected."""
    began = time.monotonic()
    for number in range(fault.times):
        fault.begin(session)
        time.sleep(fault.seconds)
        injected = fault.end(session)
        ended = time.monotonic()
        if number + 1 < fault.times:
            time.sleep(fault.pause)
    times = f", {fault.times} times" if fault.times > 1 else ""
    return began, ended, f"{injected}{times}"
