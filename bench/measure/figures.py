"""Medians and how far apart the rounds were."""

import statistics


def spread(samples: list[float | None]) -> dict | None:
    """The median of the rounds, with the least and the most; None where no round has a sample."""
    known = [sample for sample in samples if sample is not None]
    if not known:
        return None
    return {"median": statistics.median(known), "min": min(known), "max": max(known)}
