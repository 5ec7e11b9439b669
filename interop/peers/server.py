"""An aiortc server: streams a bouncing ball and takes positions, either asking for them or for every frame."""

import asyncio
import fractions
import json
import math
import re
import statistics
import time

import cv2
import numpy as np
from aiortc import AudioStreamTrack, VideoStreamTrack
from aiortc.contrib.signaling import TcpSocketSignaling
from av import VideoFrame
from common import argument_parser, peer_connection, run_to_end

WIDTH, HEIGHT, RADIUS, RATE = 640, 480, 20, 30
CLOCK = 90000


def bounce(distance: float, low: float, high: float) -> float:
    """Where something is between two walls after a way of that length from the first one."""
    phase = distance % (2 * (high - low))
    return low + min(phase, 2 * (high - low) - phase)


class BallTrack(VideoStreamTrack):
    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.began = None
        # Presentation timestamp -> where the ball is and when it was drawn.
        self.truth: dict[int, tuple[float, float, float]] = {}

    async def recv(self) -> VideoFrame:
        self.began = self.began or time.monotonic()
        await asyncio.sleep(max(0.0, self.began + self.number / RATE - time.monotonic()))
        seconds = self.number / RATE
        x = bounce(217 * seconds, RADIUS, WIDTH - 1 - RADIUS)
        y = bounce(163 * seconds, RADIUS, HEIGHT - 1 - RADIUS)
        picture = np.full((HEIGHT, WIDTH, 3), 18, np.uint8)
        centre = (round(x * 256), round(y * 256))
        cv2.circle(picture, centre, RADIUS * 256, (0, 220, 255), -1, cv2.LINE_AA, 8)
        frame = VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts, frame.time_base = self.number * CLOCK // RATE, fractions.Fraction(1, CLOCK)
        self.truth[frame.pts] = (x, y, time.monotonic())
        self.number += 1
        return frame

    def error(self, x: float, y: float, pts: int) -> float | None:
        """The error in the frame of `pts`; the sender truncates timestamps, so they may be off by a tick or two."""
        for candidate in (pts, pts + 1, pts - 1, pts + 2, pts - 2):
            if candidate in self.truth:
                truth = self.truth[candidate]
                return math.hypot(x - truth[0], y - truth[1])
        return None

    def nearest(self, x: float, y: float) -> float | None:
        """The distance from where the ball was at some time in the last half second."""
        since = time.monotonic() - 0.5
        recent = [truth for truth in self.truth.values() if truth[2] >= since]
        return min((math.hypot(x - truth[0], y - truth[1]) for truth in recent), default=None)


async def ask(channel) -> None:
    """Asks once a second."""
    while True:
        await asyncio.sleep(1)
        if channel.readyState == "open":
            channel.send(f"Server time: {time.time():.0f}")


async def main() -> None:
    parser = argument_parser()
    parser.add_argument("--asks", action="store_true", help="asks for positions, else expects one for every frame")
    parser.add_argument("--audio", choices=["first", "last"], help="offers audio too, before or after the video")
    arguments = parser.parse_args()

    signaling = TcpSocketSignaling(arguments.host, arguments.port)
    pc = peer_connection(arguments.host, arguments.stun)
    track = BallTrack()
    tracks = {"first": [AudioStreamTrack(), track], "last": [track, AudioStreamTrack()], None: [track]}
    for offered in tracks[arguments.audio]:
        pc.addTrack(offered)
    channel = pc.createDataChannel("positions")
    errors, answers, strange, unpaired = [], [], [], 0

    @channel.on("message")
    def on_message(message) -> None:
        nonlocal unpaired
        if answer := re.fullmatch(r"\((-?\d+), (-?\d+)\)", message):
            answers.append(track.nearest(int(answer[1]), int(answer[2])))
            return
        try:
            report = json.loads(message)
            error = track.error(report["x"], report["y"], report["pts"])
        except (ValueError, KeyError, TypeError):
            strange.append(message)
            return
        if error is None:
            unpaired += 1
        else:
            errors.append(error)

    await pc.setLocalDescription(await pc.createOffer())
    await signaling.send(pc.localDescription)
    asking = asyncio.ensure_future(ask(channel)) if arguments.asks else None
    ended = await run_to_end(signaling, pc, arguments)
    if asking:
        asking.cancel()
    result = {
        "ended": ended,
        "frames": track.number,
        "reports": len(errors),
        "unpaired": unpaired,
        "error": {"median": statistics.median(errors), "max": max(errors)} if errors else None,
        "answers": answers,
        "strange": strange,
    }
    print(json.dumps(result), flush=True)


asyncio.run(main())
