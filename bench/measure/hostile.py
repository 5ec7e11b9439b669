"""What a healthy client has of a server beside one peer that does its worst: its numbers before, meanwhile and afterwards."""

import json
import subprocess
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from measure.figures import spread
from measure.programs import BIN, OurServer, Video, our_client, process, started, until

VIDEO = Video(640, 480, 30)
KINDS = {
    "connections": "200 connections a second to signalling and HTTP, of which 400 are held",
    "probes": "200 questions a second after its health",
    "feedback": "100 times a second NACKs of 4,600 packets, and a request for a keyframe",
    "junk": "2,000 datagrams a second of bytes by chance",
    "streams": "2,000 packets a second, each of another stream",
}
# All on one address, so that whoever holds a connection may be at another one.
ADDRESS = "127.0.0.1"
# A window ends so long ago, and a little patience.
BEHIND = 3.5
ANSWER = 10.0


class Hostile:
    """The peer, from its beginning to its end."""

    def __init__(self, folder: Path, server: OurServer, kind: str) -> None:
        command = [str(BIN / "ballsession-hostile"), f"--server={ADDRESS}:{server.port}"]
        command += [f"--http={server.http}", f"--kind={kind}"]
        with (folder / "hostile.err").open("wb") as err:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, text=True
            )
        line = self.process.stdout.readline()
        assert line == "ready\n", (folder / "hostile.err").read_text()

    def stop(self) -> dict:
        """Ends it; what it did."""
        out, _ = self.process.communicate(timeout=ANSWER)
        return json.loads(out)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def measure(rounds: int, seconds: int, say: Callable[[str], None]) -> list[dict]:
    """A row for each kind."""
    runs: dict[str, list[dict]] = {kind: [] for kind in KINDS}
    for number in range(rounds):
        for kind in KINDS:
            say(f"round {number + 1} of {rounds}: a client beside {kind}")
            runs[kind].append(run(kind, seconds))
    return [
        {"kind": kind, "does": KINDS[kind], **{figure: spread([run[figure] for run in measured]) for figure in measured[0]}}
        for kind, measured in runs.items()
    ]


def run(kind: str, seconds: int) -> dict[str, float | None]:
    with started() as programs:
        server = programs.add(OurServer(programs.folder, VIDEO, seconds, address=ADDRESS))
        client = programs.add(our_client(programs.folder, server.port, ADDRESS))
        until(f"reports: {client.log()}", server.has_reports)

        def window() -> dict:
            """The healthy client's numbers of the next while."""
            time.sleep(seconds + BEHIND)
            status = until("the server's numbers", lambda: asked(server))
            row = next(row for row in status["clients"] if row["id"] != "hostile")
            held = {name: process(program).resident_megabytes() for name, program in (("server", server), ("client", client))}
            return {**row["recent"], "freezes": row["freezes"]["count"], "held": held}

        time.sleep(BEHIND)
        before = window()
        hostile = programs.add(Hostile(programs.folder, server, kind))
        meanwhile = window()
        did = hostile.stop()
        return figures(before, meanwhile, window(), did)


def asked(server: OurServer) -> dict | None:
    """The server's numbers; None where it has no place for who asks: only those of the kubelet's probes are kept."""
    try:
        return server.status()
    except (OSError, HTTPException):
        return None


def figures(before: dict, meanwhile: dict, after: dict, did: dict) -> dict[str, float | None]:
    """What the peer changed: latency by what it was before and is afterwards, for the machine has its own moods."""
    quiet = [window["latencyMillisecondsP95"] for window in (before, after)]
    beside = meanwhile["latencyMillisecondsP95"]
    known = None not in (*quiet, beside)
    return {
        "doneASecond": did["done"] / did["seconds"],
        "refusedPercent": did["refused"] * 100 / max(did["done"], 1),
        "quietP95Milliseconds": sum(quiet) / 2 if known else None,
        "besideP95Milliseconds": beside,
        "p95Ratio": beside / (sum(quiet) / 2) if known else None,
        "quietLossPercent": max(before["lossPercent"], after["lossPercent"]),
        "besideLossPercent": meanwhile["lossPercent"],
        "freezes": float(meanwhile["freezes"] - before["freezes"]),
        "serverMegabytes": meanwhile["held"]["server"],
        "serverMoreMegabytes": meanwhile["held"]["server"] - before["held"]["server"],
        "clientMegabytes": meanwhile["held"]["client"],
    }
