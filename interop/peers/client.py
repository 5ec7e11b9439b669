"""An aiortc client: finds the ball in every frame and reports it, in one of the dialects that such programs speak."""

import asyncio
import json

import cv2
from aiortc import RTCPeerConnection
from aiortc.contrib.signaling import TcpSocketSignaling
from aiortc.mediastreams import MediaStreamError
from common import argument_parser, box_centre, first_message, peer_connection, run_to_end

DIALECTS = {
    "json-pts": lambda x, y, pts: json.dumps({"pts": pts, "x": x, "y": y}),
    "json": lambda x, y, pts: json.dumps({"x": x, "y": y}),
    "comma": lambda x, y, pts: f"{x},{y}",
    "tabs": lambda x, y, pts: f"{x}\t{y}\t{pts}",
}


def weighted_centre(frame) -> tuple[float, float] | None:
    """The centre of what is brighter than the background, weighted by how much brighter."""
    grey = cv2.cvtColor(frame.to_ndarray(format="bgr24"), cv2.COLOR_BGR2GRAY)
    moments = cv2.moments(cv2.subtract(grey, 40))
    if moments["m00"] < 1000:
        return None
    return round(moments["m10"] / moments["m00"], 3), round(moments["m01"] / moments["m00"], 3)


DETECTORS = {"moments": weighted_centre, "box": box_centre}


class Client:
    def __init__(self, pc: RTCPeerConnection, dialect: str, detector: str) -> None:
        self.pc = pc
        self.find = DETECTORS[detector]
        self.encode = DIALECTS[dialect]
        self.sends_hi = dialect == "tabs"
        self.channel = None
        self.frames = self.reports = 0

    def use(self, channel) -> None:
        """Reports over `channel` once it is open."""

        def opened() -> None:
            self.channel = channel
            if self.sends_hi:
                channel.send("hi")

        if channel.readyState == "open":
            opened()
        else:
            channel.on("open", opened)

    async def watch(self, track) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.frames += 1
            position = self.find(frame)
            if position and self.channel and self.channel.readyState == "open":
                self.channel.send(self.encode(*position, frame.pts))
                self.reports += 1


async def main() -> None:
    parser = argument_parser()
    parser.add_argument("--dialect", choices=DIALECTS, default="json-pts")
    parser.add_argument("--detector", choices=DETECTORS, default="moments")
    parser.add_argument("--channel", choices=["client", "server"], default="server", help="who creates it")
    arguments = parser.parse_args()

    signaling = TcpSocketSignaling(arguments.host, arguments.port)
    pc = peer_connection(arguments.host, arguments.stun)
    client = Client(pc, arguments.dialect, arguments.detector)
    watching = []
    pc.on("track", lambda track: watching.append(asyncio.ensure_future(client.watch(track))))
    if arguments.channel == "server":
        pc.on("datachannel", client.use)

    await pc.setRemoteDescription(await first_message(signaling))
    if arguments.channel == "client":
        client.use(pc.createDataChannel("positions"))
    await pc.setLocalDescription(await pc.createAnswer())
    await signaling.send(pc.localDescription)

    ended = await run_to_end(signaling, pc, arguments)
    print(json.dumps({"ended": ended, "frames": client.frames, "reports": client.reports}), flush=True)


asyncio.run(main())
