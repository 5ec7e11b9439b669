"""An outage on the way between server and client, and how long after it the first good picture is there."""

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from detection.relay import Relay

from measure.loss import Report, Tail
from measure.programs import CLIENTS, SERVERS, Video, started, until

VIDEO = Video(640, 480, 30)
# Each of a length of its own, by chance, from the same seeds for both pairs.
SHORTEST, LONGEST = 0.1, 5.0
OUTAGES = 8
WARM_UP, BETWEEN = 3.0, 3.0
# Who is not back by then is not counted as slow but as gone.
PATIENCE = 20.0
# Pixels: a picture that is good shows the ball where it is.
GOOD_PIXELS = 1.0
NOTHING = {"toClient": {"loss": 1.0}, "toServer": {"loss": 1.0}}
ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Outage:
    """How long nothing came through, and how long after it the picture was back; None: not within the patience."""

    seconds: float
    back: float | None


def measure(rounds: int, say: Callable[[str], None]) -> list[dict]:
    """A row for each pair, of all outages of all rounds."""
    outages: dict[str, list[Outage]] = {}
    for number in range(rounds):
        for kind in ("ours", "aiortc"):
            say(f"round {number + 1} of {rounds}: {OUTAGES} outages, {kind}")
            outages.setdefault(kind, []).extend(run(kind, number))
    return [{"pair": kind, **row(of)} for kind, of in outages.items()]


def lengths(seed: int) -> list[float]:
    """Of the outages of that seed, in their order."""
    chance = random.Random(seed)
    return [round(SHORTEST * (LONGEST / SHORTEST) ** chance.random(), 2) for _ in range(OUTAGES)]


def run(kind: str, seed: int) -> list[Outage]:
    """Ends at the first outage after which nothing comes back."""
    outages = []
    with started() as programs:
        server = programs.add(SERVERS[kind](programs.folder, VIDEO, 10, verbose=True, address=ADDRESS))
        relay = programs.add(Relay(programs.folder, "relay", server.port, seed))
        client = programs.add(CLIENTS[kind](programs.folder, relay.port, address=ADDRESS))
        until(f"reports: {client.log()}", server.has_reports)
        time.sleep(WARM_UP)
        with Tail(server.out) as tail:
            for seconds in lengths(seed):
                relay.impair(NOTHING)
                time.sleep(seconds)
                relay.impair({})
                end = time.monotonic()
                back = until_back(tail, end)
                outages.append(Outage(seconds, back))
                if back is None:
                    break
                time.sleep(BETWEEN)
    return outages


def until_back(tail: Tail, end: float) -> float | None:
    """Waits for the first good picture; how long after `end` that was reported."""
    while time.monotonic() < end + PATIENCE:
        if (back := first_good(list(tail.reports), end)) is not None:
            return back
        time.sleep(0.02)
    return None


def first_good(reports: list[Report], end: float) -> float | None:
    """How long after `end` the first good picture was reported that was taken since: what was still to come of the time before is
    no picture of now."""
    for report in reports:
        if report.arrived - report.latency / 1000 >= end and report.error <= GOOD_PIXELS:
            return report.arrived - end
    return None


def row(outages: list[Outage]) -> dict:
    back = [outage.back for outage in outages if outage.back is not None]
    long = [outage.back for outage in outages if outage.back is not None and outage.seconds >= 1]
    return {
        "outages": len(outages),
        "back": len(back),
        "p50Seconds": statistics.median(back) if back else None,
        "longestSeconds": max(back, default=None),
        "afterLongP50Seconds": statistics.median(long) if long else None,
        "each": [[outage.seconds, outage.back] for outage in outages],
    }
