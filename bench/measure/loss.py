"""Five seconds in which the network loses 2 % of all packets, and how long it takes to get over that."""

import re
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measure.figures import spread
from measure.programs import CLIENTS, SERVERS, Video, started, until

VIDEO = Video(640, 480, 30)
LOSS_PERCENT = 2
WARM_UP, BASELINE, LOSS, AFTER = 3.0, 5.0, 5.0, 8.0
# Latency counts as back when this many reports in a row have a median as good as before.
RECOVERED = 15
REPORT = re.compile(r"frame \d+: .*error ([\d.]+) px, ([\d.]+) ms$")


@dataclass(frozen=True)
class Report:
    """A report as the server printed it: its arrival on our clock, the frame's age then in milliseconds, and the error in pixels."""

    arrived: float
    latency: float
    error: float = 0.0


def measure(rounds: int, say: Callable[[str], None]) -> list[dict]:
    """A row for each pair."""
    runs: dict[str, list[dict]] = {}
    for number in range(rounds):
        for kind in ("ours", "aiortc"):
            say(f"round {number + 1} of {rounds}: {LOSS_PERCENT} % loss, {kind}")
            runs.setdefault(kind, []).append(run(kind))
    return [
        {
            "pair": kind,
            "rounds": len(measured),
            "recoveredRounds": sum(run["recoverySeconds"] is not None for run in measured),
            **{figure: spread([run[figure] for run in measured]) for figure in measured[0]},
        }
        for kind, measured in runs.items()
    ]


def run(kind: str) -> dict[str, float | None]:
    with started() as programs:
        server = programs.add(SERVERS[kind](programs.folder, VIDEO, 10, verbose=True))
        client = programs.add(CLIENTS[kind](programs.folder, server.port))
        until(f"reports: {client.log()}", server.has_reports)
        time.sleep(WARM_UP)
        with Tail(server.out) as tail:
            time.sleep(BASELINE)
            begin = time.monotonic()
            with lossy():
                time.sleep(LOSS)
            end = time.monotonic()
            time.sleep(AFTER)
        return recovery(tail.reports, begin, end, 1 / VIDEO.rate)


def recovery(reports: list[Report], begin: float, end: float, interval: float) -> dict[str, float | None]:
    """What the loss from `begin` to `end` did to latency, and to the picture, which stands still while nothing arrives.
    A gap of two intervals may be a lost report, so freezes are what is longer than that and a half."""
    before = [report.latency for report in reports if report.arrived < begin]
    during = [report for report in reports if begin <= report.arrived < end]
    after = [report for report in reports if report.arrived >= end]
    baseline = statistics.quantiles(before, n=20)
    gaps = [later.arrived - earlier.arrived for earlier, later in zip(during, during[1:])]
    freezes = [(gap - interval) * 1000 for gap in gaps if gap > 2.5 * interval]
    return {
        "latencyBeforeP50Milliseconds": statistics.median(before),
        "latencyDuringP50Milliseconds": statistics.median([report.latency for report in during]) if during else None,
        "latencyAfterP50Milliseconds": statistics.median([report.latency for report in after]) if after else None,
        "freezes": float(len(freezes)),
        "freezeMedianMilliseconds": statistics.median(freezes) if freezes else None,
        "freezeLongestMilliseconds": max(freezes, default=None),
        "recoverySeconds": recovered_after(after, end, baseline[-1]),
    }


def recovered_after(after: list[Report], end: float, good: float) -> float | None:
    """How long after `end` the first report came from which on latency is good again; None where it never is."""
    for index in range(len(after) - RECOVERED + 1):
        following = after[index : index + RECOVERED]
        is_good = statistics.median(report.latency for report in following) <= good
        if is_good and following[0].latency <= good:
            return max(0.0, following[0].arrived - end)
    return None


class Tail:
    """Follows the lines that a server appends to `path`, with the moment at which each appeared."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reports: list[Report] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._follow)

    def __enter__(self) -> "Tail":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()

    def _follow(self) -> None:
        with self.path.open() as lines:
            lines.seek(0, 2)
            partial = ""
            while not self.ended.wait(0.005):
                arrived = time.monotonic()
                *complete, partial = (partial + lines.read()).split("\n")
                for line in complete:
                    if found := REPORT.search(line):
                        self.reports.append(Report(arrived, float(found[2]), float(found[1])))


class lossy:
    """The network loses packets, each with the same chance."""

    def __enter__(self) -> None:
        nft("add table inet bench")
        nft("add chain inet bench output { type filter hook output priority 0; }")
        nft(f"add rule inet bench output meta l4proto udp numgen random mod 100 < {LOSS_PERCENT} drop")

    def __exit__(self, *_: object) -> None:
        nft("delete table inet bench")


def nft(command: str) -> None:
    subprocess.run(["nft", command], check=True, capture_output=True, timeout=10)


def is_possible() -> bool:
    """Whether this network namespace can be made to lose packets."""
    if not shutil.which("nft"):
        return False
    try:
        with lossy():
            return True
    except subprocess.CalledProcessError:
        return False
