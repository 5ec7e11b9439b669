"""What the aiortc programs here share. Their peer is another program: nothing in here knows ours."""

import argparse
import asyncio
import ipaddress
import os
from typing import Literal

import aioice.ice
import cv2
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.signaling import BYE, TcpSocketSignaling

# How long whoever dials goes on trying: aiortc itself tries once.
DIAL_LIMIT = 5.0


def argument_parser() -> argparse.ArgumentParser:
    """The arguments that all of them have."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, help="ends by itself so long after the descriptions are exchanged")
    parser.add_argument("--ending", choices=["bye", "exit", "mute"], default="bye", help="what it does then")
    parser.add_argument("--stun")
    return parser


def peer_connection(host: str, stun: str | None) -> RTCPeerConnection:
    """A peer connection that asks no STUN server but the given one."""
    if ipaddress.ip_address(host).is_loopback:
        # The one thing that is not aiortc's own, and only where there is no other address.
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [host]
    cv2.setNumThreads(1)
    servers = [RTCIceServer(f"stun:{stun}")] if stun else []
    return RTCPeerConnection(RTCConfiguration(iceServers=servers))


def box_centre(frame) -> tuple[int, int] | None:
    """The middle, in whole pixels, of the box around the largest thing that Otsu's threshold leaves."""
    grey = cv2.cvtColor(frame.to_ndarray(format="bgr24"), cv2.COLOR_BGR2GRAY)
    _, binary = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    contours, _ = cv2.findContours(binary, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    x, y, width, height = cv2.boundingRect(max(contours, key=cv2.contourArea))
    return x + width // 2, y + height // 2


async def first_message(signaling: TcpSocketSignaling):
    """The offer, from whoever listens sooner or later."""
    deadline = asyncio.get_running_loop().time() + DIAL_LIMIT
    while True:
        try:
            return await signaling.receive()
        except ConnectionRefusedError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.05)


async def consume(signaling: TcpSocketSignaling, pc: RTCPeerConnection) -> None:
    """Takes messages until bye, as aiortc's examples do: an end of file without bye makes this spin for ever."""
    while True:
        message = await signaling.receive()
        if isinstance(message, RTCSessionDescription):
            await pc.setRemoteDescription(message)
        elif message is BYE:
            return


async def run_to_end(
    signaling: TcpSocketSignaling, pc: RTCPeerConnection, arguments: argparse.Namespace
) -> Literal["bye", "time"]:
    """Waits for bye or until the time is over, and ends as the arguments have it; returns which of the two it was."""
    ended: Literal["bye", "time"] = "bye"
    try:
        await asyncio.wait_for(consume(signaling, pc), arguments.seconds)
    except TimeoutError:
        ended = "time"
        if arguments.ending == "exit":
            # At once: no bye, no closing of anything.
            os._exit(0)
    await pc.close()
    if ended == "time" and arguments.ending == "mute":
        await asyncio.sleep(3600)
    await signaling.close()
    return ended
