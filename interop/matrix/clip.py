"""A clip for peers that cannot encode: a ball that moves, in VP8, cut into RTP payloads."""

import base64
import fractions
import json
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT, RADIUS, RATE, FRAMES = 640, 480, 20, 30, 60
# What fits into any packet, with the headers that come before it.
LARGEST_PAYLOAD = 1100


def pictures():
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    for number in range(FRAMES):
        inside = (columns - 40 - 8 * number) ** 2 + (rows - HEIGHT / 2) ** 2 < RADIUS**2
        yield np.where(inside[..., None], (0, 220, 255), 18).astype(np.uint8)


def payloads(frame: bytes) -> list[str]:
    """RFC 7741: one byte of descriptor, with S in the first packet of a frame."""
    parts = [frame[start : start + LARGEST_PAYLOAD] for start in range(0, len(frame), LARGEST_PAYLOAD)]
    descriptors = [b"\x10", *[b"\x00"] * (len(parts) - 1)]
    return [base64.b64encode(mark + part).decode() for mark, part in zip(descriptors, parts, strict=True)]


def write_clip(path: Path) -> None:
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = fractions.Fraction(1, RATE), fractions.Fraction(RATE)
    encoder.bit_rate, encoder.gop_size = 1_000_000, RATE
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0"}
    packets = []
    for number, picture in enumerate(pictures()):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    path.write_text(json.dumps([payloads(bytes(packet)) for packet in packets]))
