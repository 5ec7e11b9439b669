"""A client as the first aiortc program of this kind was: its frames are pulled by a track of its own that it adds to the
connection, the ball is the bounding box of what Otsu's threshold leaves, and it only answers questions."""

import argparse
import asyncio
import json

from aiortc import MediaStreamTrack
from aiortc.contrib.signaling import TcpSocketSignaling
from common import box_centre, consume, first_message, peer_connection


class BallTrack(MediaStreamTrack):
    """Passes frames on, and remembers where the ball was in the last one."""

    kind = "video"

    def __init__(self, source) -> None:
        super().__init__()
        self.source = source
        self.position = None

    async def recv(self):
        frame = await self.source.recv()
        self.position = box_centre(frame) or self.position
        return frame


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()

    signaling = TcpSocketSignaling(arguments.host, arguments.port)
    pc = peer_connection(arguments.host, None)
    ball = None
    answers = 0

    @pc.on("track")
    def on_track(track) -> None:
        nonlocal ball
        ball = BallTrack(track)
        pc.addTrack(ball)

    @pc.on("datachannel")
    def on_datachannel(channel) -> None:
        @channel.on("message")
        def on_message(message) -> None:
            nonlocal answers
            if isinstance(message, str) and message.startswith("Server") and ball and ball.position:
                channel.send(str(ball.position))
                answers += 1

    await pc.setRemoteDescription(await first_message(signaling))
    await pc.setLocalDescription(await pc.createAnswer())
    await signaling.send(pc.localDescription)
    await consume(signaling, pc)
    await pc.close()
    await signaling.close()
    print(json.dumps({"ended": "bye", "answers": answers}), flush=True)


asyncio.run(main())
