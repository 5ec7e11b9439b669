"""Polls the server several times a second: its verdict, and whether its own numbers agree with that."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from detection.session import Session

PERIOD = 0.2


@dataclass(frozen=True)
class Verdict:
    """A verdict, and when it was first observed, by the monotonic clock."""

    at: float
    met: bool | None
    reason: str | None = None
    cause: str | None = None
    client: str | None = None
    node: str | None = None
    message: str | None = None

    def equals(self, other: "Verdict") -> bool:
        """Whether only time and figures differ."""
        names = ("met", "reason", "cause", "client", "node")
        return all(getattr(self, name) == getattr(other, name) for name in names)


def verdict_of(summary: dict, at: float) -> Verdict:
    """From the `verdict` of a server's summary."""
    words = {name: summary.get(name) for name in ("reason", "cause", "client", "node", "message")}
    return Verdict(at, summary["met"], **words)


@dataclass
class Observed:
    """All that was observed."""

    # In order, each other than the one before.
    verdicts: list[Verdict] = field(default_factory=list)
    # Numbers that breached their objective beside True: the first ones, and in how many answers there were some.
    contradictions: list[str] = field(default_factory=list)
    contradiction_count: int = 0
    answers: int = 0
    # The longest time without an answer, in seconds.
    longest_wait: float = 0.0


# Numbers of the window, and of a client's, with the objectives that they are compared with.
WINDOW_NUMBERS = {
    "loss": lambda recent: recent.get("lossPercent"),
    "undetected": lambda recent: recent.get("undetectedPercent"),
    "error-p95": lambda recent: (recent.get("errorPixels") or {}).get("p95"),
    "latency-p95": lambda recent: (recent.get("latencyMilliseconds") or {}).get("p95"),
    "delivered": lambda recent: recent.get("deliveredPercent"),
    "freeze": lambda recent: (recent.get("freezes") or {}).get("longestMilliseconds"),
}
CLIENT_NUMBERS = {
    "loss": lambda recent: recent.get("lossPercent"),
    "undetected": lambda recent: recent.get("undetectedPercent"),
    "error-p95": lambda recent: recent.get("errorPixelsP95"),
    "latency-p95": lambda recent: recent.get("latencyMillisecondsP95"),
    "delivered": lambda recent: recent.get("deliveredPercent"),
    "freeze": lambda recent: recent.get("longestFreezeMilliseconds"),
}
# A client's ratios are judged once it was wanted for so long in the window.
JUDGED_SECONDS = 5.0


def breaches(status: dict, objectives: dict[str, str]) -> list[str]:
    """Numbers of a summary that are beyond their objectives: what may not stand beside True."""
    found = beyond("all", status["recent"], WINDOW_NUMBERS, objectives)
    for row in status["clients"]:
        recent = row.get("recent") or {}
        if row["state"] == "Connected" and (recent.get("wantedSeconds") or 0.0) >= JUDGED_SECONDS:
            found += beyond(row["id"], recent, CLIENT_NUMBERS, objectives)
    return found


def beyond(whose: str, recent: dict, numbers: dict[str, Callable], objectives: dict[str, str]) -> list[str]:
    found = []
    for key, number in numbers.items():
        measured = number(recent)
        if measured is None or key not in objectives:
            continue
        allowed = plain(objectives[key])
        if measured < allowed if key == "delivered" else measured > allowed:
            found.append(f"{whose}: {key} {measured:g}, allowed {allowed:g}")
    return found


def plain(objective: str) -> float:
    """An objective as a number: a duration in milliseconds."""
    for unit, milliseconds in (("ms", 1.0), ("s", 1000.0)):
        if objective.endswith(unit):
            return float(objective.removesuffix(unit)) * milliseconds
    return float(objective)


class Observer:
    """Polls the server until it is left."""

    def __init__(self, session: Session, objectives: dict[str, str]) -> None:
        self.session, self.objectives = session, objectives
        self.observed = Observed()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._poll, daemon=True)

    def __enter__(self) -> "Observer":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()

    def wait(self, has_come: Callable[[list[Verdict]], bool], deadline: float) -> bool:
        """Waits until the verdicts are such, or for the deadline."""
        while not has_come(self.observed.verdicts):
            if time.monotonic() >= deadline:
                return False
            time.sleep(PERIOD / 4)
        return True

    def _poll(self) -> None:
        observed, answered = self.observed, time.monotonic()
        while not self.ended.wait(PERIOD):
            status, now = self.session.status(), time.monotonic()
            if status is None:
                continue
            observed.answers += 1
            observed.longest_wait = max(observed.longest_wait, now - answered)
            answered = now
            if status.get("verdict") is None:
                continue
            verdict = verdict_of(status["verdict"], now)
            if not observed.verdicts or not observed.verdicts[-1].equals(verdict):
                observed.verdicts.append(verdict)
            if verdict.met and (found := breaches(status, self.objectives)):
                observed.contradiction_count += 1
                observed.contradictions = observed.contradictions or found
