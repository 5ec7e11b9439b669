"""The aiortc server that ours is compared with: streams a bouncing ball as fast as ours does, pairs each report with its
frame, and says at SIGINT how the last seconds were."""

import argparse
import asyncio
import fractions
import json
import math
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from aiortc import VideoStreamTrack
from aiortc.contrib.signaling import TcpSocketSignaling
from av import VideoFrame

sys.path.insert(0, str(Path(__file__).parents[2] / "interop" / "peers"))
from common import consume, peer_connection

CLOCK = 90000
BACKGROUND, BALL = 18, (0, 220, 255)
# The last frames before the end may still be on their way: they are not counted.
ON_THEIR_WAY = 0.5


def bounce(distance: float, low: float, high: float) -> float:
    """Where something is between two walls after a way of that length from the first one."""
    phase = distance % (2 * (high - low))
    return low + min(phase, 2 * (high - low) - phase)


@dataclass
class Shown:
    """A frame: where the ball is in it, when it was drawn, and what was reported of it."""

    x: float
    y: float
    captured: float
    error: float | None = None
    latency: float | None = None


class BallTrack(VideoStreamTrack):
    kind = "video"

    def __init__(self, width: int, height: int, rate: int) -> None:
        super().__init__()
        self.width, self.height, self.rate = width, height, rate
        self.scale = height / 480
        self.radius = 20 * self.scale
        self.number = 0
        self.began = None
        self.frames: dict[int, Shown] = {}

    async def recv(self) -> VideoFrame:
        self.began = self.began or time.monotonic()
        wait = self.began + self.number / self.rate - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        elif wait < -0.2:
            # Too slow for this rate: hurrying after what is late helps nobody.
            self.number += int(-wait * self.rate)
        seconds = self.number / self.rate
        captured = time.monotonic()
        x = bounce(217 * self.scale * seconds, self.radius, self.width - 1 - self.radius)
        y = bounce(163 * self.scale * seconds, self.radius, self.height - 1 - self.radius)
        picture = np.full((self.height, self.width, 3), BACKGROUND, np.uint8)
        centre = (round(x * 256), round(y * 256))
        cv2.circle(picture, centre, round(self.radius * 256), BALL, -1, cv2.LINE_AA, 8)
        frame = VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts, frame.time_base = self.number * CLOCK // self.rate, fractions.Fraction(1, CLOCK)
        self.frames[frame.pts] = Shown(x, y, captured)
        self.number += 1
        return frame

    def score(self, report: dict) -> tuple[int, Shown] | None:
        """Pairs a report; timestamps are truncated on the way, so they may be off by a tick or two."""
        now, pts = time.monotonic(), report["pts"]
        for candidate in (pts, pts + 1, pts - 1, pts + 2, pts - 2):
            if shown := self.frames.get(candidate):
                shown.error = math.hypot(report["x"] - shown.x, report["y"] - shown.y)
                shown.latency = (now - shown.captured) * 1000
                return candidate, shown
        return None


def quantiles(samples: list[float]) -> dict | None:
    """Mean and quantiles, as our server gives them."""
    if not samples:
        return None
    samples = sorted(samples)
    at = {p: samples[math.ceil(len(samples) * p / 100) - 1] for p in (50, 95, 100)}
    return {"mean": sum(samples) / len(samples), "p50": at[50], "p95": at[95], "max": at[100]}


def recent(frames: list[Shown], since: float, until: float) -> dict:
    """The numbers of the frames drawn in that time, under the names that they have in our server's summary."""
    shown = [frame for frame in frames if since <= frame.captured < until]
    reported = [frame for frame in shown if frame.error is not None]
    return {
        "frames": {"sent": len(shown), "matched": 0, "estimated": len(reported)},
        "errorPixels": quantiles([frame.error for frame in reported]),
        "latencyMilliseconds": quantiles([frame.latency for frame in reported]),
    }


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--window", type=float, default=10.0, help="the numbers are of so many seconds before the end")
    parser.add_argument("--verbose", action="store_true", help="prints every report")
    arguments = parser.parse_args()

    signaling = TcpSocketSignaling(arguments.host, arguments.port)
    pc = peer_connection(arguments.host, None)
    track = BallTrack(arguments.width, arguments.height, arguments.fps)
    pc.addTrack(track)
    channel = pc.createDataChannel("positions", ordered=False, maxRetransmits=0)
    reports = 0

    @channel.on("message")
    def on_message(message) -> None:
        nonlocal reports
        scored = track.score(json.loads(message))
        if not reports:
            print("first report", flush=True)
        reports += 1
        if scored and arguments.verbose:
            pts, shown = scored
            print(f"frame {pts}: error {shown.error:.4f} px, {shown.latency:.2f} ms", flush=True)

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    await pc.setLocalDescription(await pc.createOffer())
    await signaling.send(pc.localDescription)
    consuming = asyncio.ensure_future(consume(signaling, pc))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait([consuming, stopping], return_when=asyncio.FIRST_COMPLETED)
    ended = time.monotonic() - ON_THEIR_WAY
    consuming.cancel()
    await pc.close()
    await signaling.close()
    numbers = recent(list(track.frames.values()), ended - arguments.window, ended)
    print(json.dumps({"recent": numbers}), flush=True)


asyncio.run(main())
