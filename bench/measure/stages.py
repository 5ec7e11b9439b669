"""What each stage of a frame costs, and what detectors cost and find: `ballsession-stages`, several times."""

import json
import subprocess
from collections.abc import Callable

from measure.figures import spread
from measure.pairs import VIDEOS
from measure.programs import BIN, Video

SECONDS = 5
# A measurement and the two that follow it.
LIMIT = 60


def measure(rounds: int, say: Callable[[str], None]) -> list[dict]:
    """A row for each video."""
    runs: dict[Video, list[dict]] = {}
    for number in range(rounds):
        for video in VIDEOS:
            say(f"round {number + 1} of {rounds}: stages, {video.name}")
            command = [str(BIN / "ballsession-stages"), f"--seconds={SECONDS}", *video.scene()]
            done = subprocess.run(command, check=True, capture_output=True, timeout=LIMIT)
            runs.setdefault(video, []).append(json.loads(done.stdout))
    return [summed_up(video, measured) for video, measured in runs.items()]


def summed_up(video: Video, runs: list[dict]) -> dict:
    """A video's figures over all rounds. Errors are the same in each: the video is."""

    def stages(part: str) -> dict:
        return {stage: spread([run[part][stage] for run in runs]) for stage in runs[0][part]}

    detectors = [
        {**detector, "microseconds": spread([run["detectors"][index]["microseconds"] for run in runs])}
        for index, detector in enumerate(runs[0]["detectors"])
    ]
    return {"video": video.name, "session": stages("session"), "floor": stages("floor"), "detectors": detectors}
