"""How many sessions one server carries, with the load generator on the same machine."""

import json
import re
import signal
import time
from collections.abc import Callable

from measure.programs import OurServer, Video, load, process, started, until
from measure.processes import Usage

VIDEO = Video(640, 480, 30)
LADDER = (1, 50, 100, 200, 300, 500, 800, 1000)
JOINS_PER_SECOND = 50
# What counts as carried.
REPORTED_PERCENT, LATENCY_P95 = 99.5, 20.0
# Joins ask for keyframes; this long after the last one none is on its way.
WARM_UP = 3.0
# Besides the time that joining takes by its pace.
JOIN_LIMIT = 40.0


def measure(seconds: int, say: Callable[[str], None], ladder: tuple[int, ...] = LADDER) -> list[dict]:
    """A row for each number of sessions."""
    rows = []
    for sessions in ladder:
        say(f"{sessions} sessions")
        rows.append(run(sessions, seconds))
    return rows


def run(sessions: int, seconds: int) -> dict:
    with started() as programs:
        server = programs.add(OurServer(programs.folder, VIDEO, seconds))
        generator = programs.add(load(programs.folder, server.port, sessions, JOINS_PER_SECOND))
        until(
            "the sessions to be up",
            lambda: re.search(r"sessions up", generator.log()),
            within=sessions / JOINS_PER_SECOND + JOIN_LIMIT,
        )
        time.sleep(WARM_UP)
        skipped = server.status()["video"]["skippedFrames"]
        # The summary of a thousand sessions takes the server a moment that is not to be measured.
        time.sleep(0.5)
        usage = Usage(server=process(server), load=process(generator))
        time.sleep(seconds)
        used = usage.read()
        status = server.status()
        skipped = status["video"]["skippedFrames"] - skipped
        generator.signal(signal.SIGINT)
        return row(sessions, used, status["recent"], skipped, generator.result())


def row(sessions: int, used: dict, recent: dict, skipped: int, outcome: dict) -> dict:
    """A rung of the ladder. Frames that the server left out because it was behind count as not reported."""
    frames, latency = recent["frames"], recent["latencyMilliseconds"] or {}
    due = frames["sent"] - frames["pending"] + skipped * sessions
    figures = {
        "sessions": sessions,
        "up": outcome["up"],
        "reportedPercent": frames["matched"] * 100 / due if due else 0.0,
        "skippedFrames": skipped,
        "latencyP50Milliseconds": latency.get("p50"),
        "latencyP95Milliseconds": latency.get("p95"),
        "serverCpuPercent": used["server"]["cpuPercent"],
        "serverResidentMegabytes": used["server"]["residentMegabytes"],
        "loadCpuPercent": used["load"]["cpuPercent"],
        "joinP50Milliseconds": (outcome["joinMilliseconds"] or {}).get("p50"),
        "joinP95Milliseconds": (outcome["joinMilliseconds"] or {}).get("p95"),
        "failures": outcome["failures"],
    }
    return {**figures, "isCarried": is_carried(figures)}


def is_carried(row: dict) -> bool:
    """Whether all sessions work as they should."""
    late = row["latencyP95Milliseconds"]
    works = row["up"] == row["sessions"] and row["reportedPercent"] >= REPORTED_PERCENT
    return works and late is not None and late <= LATENCY_P95


def carried(rows: list[dict]) -> int:
    """The most sessions up to which every rung was carried; 0 where not even the first was."""
    most = 0
    for row in rows:
        if not row["isCarried"]:
            break
        most = row["sessions"]
    return most
