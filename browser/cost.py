"""What viewers cost a session: the same session without viewers, with as many as its client may have, and with as
many as its server may have and the video in a browser; turn by turn, so that whatever else the machine does falls on all
alike. Ends with 1 where watching changes the session's numbers by more than a tenth.

    browser/run --script cost.py [--seconds 15] [--turns 3] [--apart]

A browser that decodes video is a heavy neighbour. With --apart it has the machine's last processor for itself: then what
is left is what the session does for its viewers.
"""

import argparse
import http.client
import os
import selectors
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from page import Page, start_browser
from programs import Client, Programs, metric

# With the client's page itself, all that a client has room for; a server's page shows video instead.
STREAMS = {"client": 9, "server": 10}
ALLOWED = 0.1


@dataclass
class Turn:
    """One turn's numbers: frames, a time, pictures, and processor use in percent of one core."""

    matched: float
    latency_milliseconds: float
    pictures: float
    server: float
    client: float
    browser: float


class Streams:
    """Viewers that take what comes and decode nothing."""

    def __init__(self, address: str, count: int) -> None:
        self.connections = [http.client.HTTPConnection(address, timeout=10) for _ in range(count)]
        self.selector = selectors.DefaultSelector()
        for connection in self.connections:
            connection.request("GET", "/live")
            connection.sock.setblocking(False)
            self.selector.register(connection.sock, selectors.EVENT_READ)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self) -> None:
        while not self.ending.is_set():
            for key, _ in self.selector.select(0.1):
                key.fileobj.recv(1 << 20)

    def end(self) -> None:
        self.ending.set()
        self.thread.join()
        for connection in self.connections:
            connection.close()


def processor_seconds(root: int) -> float:
    """What a process and all its children have used of the processor so far."""
    parents, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has just ended
            continue
        process = int(stat.parent.name)
        parents[process] = int(fields[1])
        used[process] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def belongs(process: int) -> bool:
        while process not in (root, 0):
            process = parents.get(process, 0)
        return process == root

    return sum(seconds for process, seconds in used.items() if belongs(process))


def turn(seconds: float, server, client: Client, page: Page, watched: str | None) -> Turn:
    """`watched` is which of the two has viewers."""
    http = {"client": client.http, "server": server.http}.get(watched)
    if watched:
        page.open(http)
        streams = Streams(http, STREAMS[watched])
    if watched == "server":
        page.until_text("video-state", "playing over WebRTC")
    # What beginning costs is not to be measured.
    time.sleep(2)
    processes = [server.process.pid, client.process.pid, page.driver.service.process.pid]

    def now() -> tuple[float, int, float, list[float]]:
        matched = server.status()["frames"]["matched"]
        pictures = client.metric("pictures_encoded_total") + metric(server.http, "ballsession_pictures_encoded_total")
        return time.monotonic(), matched, pictures, [processor_seconds(process) for process in processes]

    before = now()
    time.sleep(seconds)
    latency = server.status()["recent"]["latencyMilliseconds"]["p50"]
    after = now()
    if watched:
        names = {"client": "ballsession_client_picture_viewers", "server": "ballsession_picture_viewers"}
        assert metric(http, names[watched]) == 10
        streams.end()
        page.leave()
    elapsed = after[0] - before[0]
    used = [100 * (late - early) / elapsed for early, late in zip(before[3], after[3], strict=True)]
    return Turn((after[1] - before[1]) / elapsed, latency, (after[2] - before[2]) / elapsed, *used)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cost.py")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--apart", action="store_true")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    *others, last = sorted(os.sched_getaffinity(0))
    if asked.apart and not others:
        print("cost: --apart needs more than one processor")
        return 2
    results = {None: [], "client": [], "server": []}
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(Path(folder))
        try:
            # Programs run where whoever starts them does.
            if asked.apart:
                os.sched_setaffinity(0, others)
            server, client = programs.pair(f"--window={asked.seconds}s")
            if asked.apart:
                os.sched_setaffinity(0, [last])
            driver = start_browser()
        except BaseException:
            programs.end()
            raise
        try:
            page = Page(driver, "cost")
            for _ in range(asked.turns):
                for watched, turns in results.items():
                    turns.append(turn(asked.seconds, server, client, page, watched))
        finally:
            programs.end()
            driver.quit()
    return report(results)


def report(results: dict[str | None, list[Turn]]) -> int:
    """Prints a table; 1 where a number that is judged changes too much."""
    quantities = [
        ("matched", "matched frames a second", True),
        ("latency_milliseconds", "latency p50, ms", True),
        ("pictures", "pictures encoded a second", False),
        ("server", "server, % of a core", False),
        ("client", "client, % of a core", False),
        ("browser", "browser, % of a core", False),
    ]
    missed = False
    print(f"{'medians':26} {'nobody':>8} {'client watched':>18} {'server watched':>18}")
    for name, label, judged in quantities:
        alone, *watched = (median(getattr(turn, name) for turn in turns) for turns in results.values())
        line = f"{label:26} {alone:8.2f}"
        for value in watched:
            difference = f"{(value - alone) / alone:+.1%}" if judged else f"{value - alone:+.2f}"
            line += f" {value:9.2f} {difference:>8}"
            missed |= judged and abs(value - alone) > ALLOWED * alone
        print(line)
    if missed:
        print("cost: watching changes the session by more than a tenth")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
