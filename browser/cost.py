"""What looking costs a session: the same session without viewers and with as many as there may be, turn by turn, so
that whatever else the machine does falls on both alike. Ends with 1 where watching changes the session's numbers by
more than a tenth.

    browser/run --script cost.py [SECONDS-A-TURN [TURNS]]
"""

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
from programs import Client, Programs

# With the page itself, all that the client has room for.
STREAMS = 9
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
    """Viewers that take what comes and look at nothing."""

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


def turn(seconds: float, server, client: Client, page: Page, watched: bool) -> Turn:
    if watched:
        page.open(client.http)
        streams = Streams(client.http, STREAMS)
    # What beginning costs is not to be measured.
    time.sleep(2)
    processes = [server.process.pid, client.process.pid, page.driver.service.process.pid]

    def now() -> tuple[float, int, float, list[float]]:
        matched = server.status()["frames"]["matched"]
        pictures = client.metric("pictures_encoded_total")
        return time.monotonic(), matched, pictures, [processor_seconds(process) for process in processes]

    before = now()
    time.sleep(seconds)
    latency = server.status()["recent"]["latencyMilliseconds"]["p50"]
    after = now()
    if watched:
        assert client.metric("picture_viewers") == STREAMS + 1
        streams.end()
        page.leave()
    elapsed = after[0] - before[0]
    used = [100 * (late - early) / elapsed for early, late in zip(before[3], after[3], strict=True)]
    return Turn((after[1] - before[1]) / elapsed, latency, (after[2] - before[2]) / elapsed, *used)


def main() -> int:
    seconds, turns = float((sys.argv[1:] or ["15"])[0]), int((sys.argv[2:] or ["3"])[0])
    driver = start_browser()
    results = {False: [], True: []}
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(Path(folder))
        try:
            server, client = programs.pair(f"--window={seconds:.0f}s")
            page = Page(driver, "cost")
            for number in range(2 * turns):
                watched = number % 2 == 1
                results[watched].append(turn(seconds, server, client, page, watched))
        finally:
            programs.end()
            driver.quit()

    quantities = [
        ("matched", "matched frames a second", True),
        ("latency_milliseconds", "latency p50, ms", True),
        ("pictures", "pictures encoded a second", False),
        ("server", "server, % of a core", False),
        ("client", "client, % of a core", False),
        ("browser", "browser, % of a core", False),
    ]
    missed = False
    print(f"{'median of ' + str(turns) + ' turns':28} {'nobody':>10} {'10 viewers':>10} {'change':>9}")
    for name, label, judged in quantities:
        alone, watched = (median(getattr(turn, name) for turn in results[which]) for which in (False, True))
        change = watched - alone
        told = f"{change / alone:+.1%}" if judged else f"{change:+.2f}"
        print(f"{label:28} {alone:10.2f} {watched:10.2f} {told:>9}")
        missed |= judged and abs(change) > ALLOWED * alone
    if missed:
        print("cost: watching changes the session by more than a tenth")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
