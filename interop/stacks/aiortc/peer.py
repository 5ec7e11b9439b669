"""A peer made with aiortc; README.md in the folder above says what all peers have in common."""

import asyncio
import fractions
import json
import sys
import time
from importlib.metadata import version

import numpy as np
from aiortc import AudioStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

WIDTH, HEIGHT, RADIUS, RATE = 640, 480, 20, 30
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH]


class Ball(VideoStreamTrack):
    """A ball that moves to and fro."""

    def __init__(self) -> None:
        super().__init__()
        self.number, self.began = 0, None

    async def recv(self) -> VideoFrame:
        self.began = self.began or time.monotonic()
        await asyncio.sleep(max(0.0, self.began + self.number / RATE - time.monotonic()))
        x = RADIUS + abs(7 * self.number % (2 * (WIDTH - 2 * RADIUS)) - (WIDTH - 2 * RADIUS))
        inside = (COLUMNS - x) ** 2 + (ROWS - HEIGHT / 2) ** 2 < RADIUS**2
        frame = VideoFrame.from_ndarray(np.where(inside[..., None], (0, 220, 255), 18).astype(np.uint8), format="bgr24")
        frame.pts, frame.time_base = self.number * 90000 // RATE, fractions.Fraction(1, 90000)
        self.number += 1
        return frame


def find_ball(frame: VideoFrame) -> dict:
    """The centre of what is brighter than the background, weighted by how much brighter."""
    weights = np.clip(frame.to_ndarray(format="gray").astype(float) - 40, 0, None)
    rows, columns = weights.sum(axis=1), weights.sum(axis=0)
    total = max(rows.sum(), 1.0)
    centre = (np.arange(len(line)) @ line / total for line in (columns, rows))
    return dict(zip(("x", "y"), (round(float(value), 3) for value in centre), strict=True))


def force_role(transport, role: str) -> None:
    """Leaves the other side no choice of its DTLS role. An application cannot ask aiortc for that; its answers obey it."""
    parameters = transport.getLocalParameters

    def with_role():
        given = parameters()
        given.role = role
        return given

    transport.getLocalParameters = with_role


class Peer:
    def __init__(self, role: str, variant: str) -> None:
        self.role, self.variant = role, variant
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channel = None
        self.frames = self.messages = 0
        self.watching = []
        self.pc.on("track", lambda track: self.watching.append(asyncio.ensure_future(self.watch(track))))
        self.pc.on("datachannel", self.use)

    def use(self, channel) -> None:
        self.channel = channel
        channel.on("message", lambda _: setattr(self, "messages", self.messages + 1))

    async def watch(self, track) -> None:
        while track.kind == "video":
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.frames += 1
            if self.channel and self.channel.readyState == "open":
                self.channel.send(json.dumps({"pts": frame.pts, **find_ball(frame)}))

    async def offer(self) -> None:
        """Prepares what is offered."""
        kinds = {"audio-first": ["audio", "video"], "audio-last": ["video", "audio"], "two-videos": ["video", "video"]}
        tracks = {"audio": AudioStreamTrack, "video": Ball}
        for kind in kinds.get(self.variant, ["video"]):
            if self.role == "sends":
                self.pc.addTrack(tracks[kind]())
            else:
                self.pc.addTransceiver(kind, direction="recvonly")
        if self.variant != "video-only":
            self.use(self.pc.createDataChannel("positions"))
        forced = {"dtls-active": "client", "dtls-passive": "server"}.get(self.variant)
        if forced:
            for transport in {sender.transport for sender in self.pc.getSenders()} | {self.pc.sctp.transport}:
                force_role(transport, forced)
        await self.pc.setLocalDescription(await self.pc.createOffer())

    async def answer(self, sdp: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        if self.variant == "sendrecv":
            self.pc.addTrack(Ball())
        if self.variant == "channel-by-peer":
            self.use(self.pc.createDataChannel("positions"))
        await self.pc.setLocalDescription(await self.pc.createAnswer())


def say(**message) -> None:
    print(json.dumps(message), flush=True)


async def main() -> None:
    read = lambda: asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    peer = Peer(*sys.argv[1:3])
    if peer.role == "answers":
        await peer.answer(json.loads(await read())["sdp"])
    else:
        await peer.offer()
    say(type=peer.pc.localDescription.type, sdp=peer.pc.localDescription.sdp)
    while line := await read():
        await peer.pc.setRemoteDescription(RTCSessionDescription(json.loads(line)["sdp"], "answer"))
    say(frames=peer.frames, messages=peer.messages)


if sys.argv[1] == "--version":
    print("aiortc", version("aiortc"))
else:
    asyncio.run(main())
