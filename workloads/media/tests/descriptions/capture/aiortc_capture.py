"""Writes what aiortc offers and answers: `python aiortc_capture.py FOLDER OUR_OFFER`."""

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

FOLDER, OUR_OFFER = Path(sys.argv[1]), Path(sys.argv[2]).read_text()
NAME = f"aiortc-{version('aiortc')}"


def connection() -> RTCPeerConnection:
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


async def write(pc: RTCPeerConnection, role: str, variant: str) -> None:
    describe = pc.createAnswer if role == "answers" else pc.createOffer
    await pc.setLocalDescription(await describe())
    (FOLDER / f"{NAME}.{role}.{variant}.sdp").write_bytes(pc.localDescription.sdp.encode())
    await pc.close()


async def sends(variant: str, *tracks: type, role: str | None = None, channel: bool = True) -> None:
    pc = connection()
    senders = [pc.addTrack(track()) for track in tracks]
    if channel:
        pc.createDataChannel("positions")
    if role:
        for transport in {sender.transport for sender in senders} | {pc.sctp.transport}:
            offer_role(transport, role)
    await write(pc, "sends", variant)


def offer_role(transport, role: str) -> None:
    """Leaves the peer no choice of its DTLS role. An application cannot ask aiortc for that; its answers obey it."""
    parameters = transport.getLocalParameters

    def with_role():
        given = parameters()
        given.role = role
        return given

    transport.getLocalParameters = with_role


async def watches(variant: str, *kinds: str) -> None:
    pc = connection()
    for kind in kinds:
        pc.addTransceiver(kind, direction="recvonly")
    pc.createDataChannel("positions")
    await write(pc, "watches", variant)


async def answers(variant: str, track: type | None = None) -> None:
    pc = connection()
    await pc.setRemoteDescription(RTCSessionDescription(OUR_OFFER, "offer"))
    if track:
        pc.addTrack(track())
    await write(pc, "answers", variant)


async def main() -> None:
    video, audio = VideoStreamTrack, AudioStreamTrack
    await sends("video", video)
    await sends("video-only", video, channel=False)
    await sends("audio-first", audio, video)
    await sends("audio-last", video, audio)
    await sends("two-videos", video, video)
    await sends("setup-active", video, role="client")
    await sends("setup-passive", video, role="server")
    await watches("video", "video")
    await watches("audio-first", "audio", "video")
    await answers("recvonly")
    await answers("sendrecv", video)


asyncio.run(main())
