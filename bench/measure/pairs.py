"""A server and a client of either kind beside each other, over and over in turns: what is compared was measured in the
same minutes on the same machine."""

import time
from collections.abc import Callable

from measure.figures import spread
from measure.programs import CLIENTS, SERVERS, Video, process, started, until
from measure.processes import Usage

VIDEOS = (Video(640, 480, 30), Video(1280, 720, 60))
PAIRS = (("ours", "ours"), ("aiortc", "aiortc"), ("ours", "aiortc"), ("aiortc", "ours"))
# What the first seconds have more to do: keyframes, caches, and in Python everything.
WARM_UP = 3.0


def measure(rounds: int, seconds: int, say: Callable[[str], None]) -> list[dict]:
    """One row for each video and pair, of figures over all rounds."""
    runs: dict[tuple, list[dict]] = {}
    for number in range(rounds):
        for video in VIDEOS:
            for server, client in PAIRS:
                say(f"round {number + 1} of {rounds}: {server} server, {client} client, {video.name}")
                runs.setdefault((video, server, client), []).append(run(video, server, client, seconds))
    return [
        {
            "video": video.name,
            "server": server,
            "client": client,
            **{figure: spread([run[figure] for run in measured]) for figure in measured[0]},
        }
        for (video, server, client), measured in runs.items()
    ]


def run(video: Video, server_kind: str, client_kind: str, seconds: int) -> dict[str, float | None]:
    """One session's figures over its steady part."""
    with started() as programs:
        server = programs.add(SERVERS[server_kind](programs.folder, video, seconds))
        client = programs.add(CLIENTS[client_kind](programs.folder, server.port))
        until(f"reports: {client.log()}", server.has_reports)
        time.sleep(WARM_UP)
        usage = Usage(server=process(server), client=process(client))
        time.sleep(seconds)
        used = usage.read()
        return figures(used, server.recent())


def figures(used: dict, recent: dict) -> dict[str, float | None]:
    """A run's figures, flat."""
    frames, error, latency = (recent[part] or {} for part in ("frames", "errorPixels", "latencyMilliseconds"))
    # A frame that is on its way has no fate yet.
    settled = frames["sent"] - frames.get("pending", 0)
    return {
        "serverCpuPercent": used["server"]["cpuPercent"],
        "clientCpuPercent": used["client"]["cpuPercent"],
        "serverResidentMegabytes": used["server"]["residentMegabytes"],
        "clientResidentMegabytes": used["client"]["residentMegabytes"],
        "latencyP50Milliseconds": latency.get("p50"),
        "latencyP95Milliseconds": latency.get("p95"),
        "errorMeanPixels": error.get("mean"),
        "errorP95Pixels": error.get("p95"),
        "matchedPercent": (frames["matched"] + frames["estimated"]) * 100 / settled if settled else None,
    }
