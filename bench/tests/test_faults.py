"""A fault of each kind is injected into real sessions, side by side, and the verdicts must be those of the table."""

import sys

import pytest
from detection.cases import SHORT, cases
from detection.run import measure


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@pytest.fixture(scope="module")
def rows() -> dict[str, dict]:
    """By fault."""
    chosen = [case for case in cases(quiet_seconds=60) if case.name in SHORT]
    return {row["fault"]: row for row in measure(chosen, say)}


@pytest.mark.parametrize("fault", SHORT)
def test_a_fault_is_detected_as_expected(rows, fault):
    assert rows[fault]["problems"] == [], rows[fault]
