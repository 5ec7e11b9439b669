"""Finds the ball, and the cross that marks it, in pictures as people see them."""

import io
from dataclasses import dataclass

import numpy
from PIL import Image


@dataclass
class Found:
    """What is in a picture; positions in its pixels, with pixel centres at integers."""

    size: tuple[int, int]
    ball: tuple[float, float] | None
    cross: tuple[float, float] | None


def find(png: bytes) -> Found:
    """Searches a picture: the ball is yellow, the cross magenta, what is behind them grey."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    red, green, blue = numpy.moveaxis(numpy.asarray(image, dtype=numpy.int32), 2, 0)
    return Found(
        image.size,
        ball=centroid((red > 150) & (green > 150) & (blue < 110)),
        cross=centroid((red > 180) & (green < 130) & (blue > 130)),
    )


def centroid(pixels: numpy.ndarray) -> tuple[float, float] | None:
    """The middle of the pixels that are set; none where there are only a few."""
    rows, columns = numpy.nonzero(pixels)
    return (float(columns.mean()), float(rows.mean())) if len(rows) >= 10 else None


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The Euclidean distance in pixels."""
    return float(numpy.hypot(one[0] - other[0], one[1] - other[1]))
