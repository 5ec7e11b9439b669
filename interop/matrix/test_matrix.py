"""Sessions with a peer of another stack, in each role and variant that it can do."""

import re
import warnings
from dataclasses import asdict

import pytest
from cases import VIDEO_ONLY, WORKS, Expected, expected
from session import ADDRESS6, Outcome, Session

# Nobody says anything where a peer gets its video and is not to report.
SILENT_LIMIT = 6.0


def is_as_expected(outcome: Outcome, must: Expected) -> bool:
    if must.is_race and outcome.state == WORKS:
        return True
    if must.line is None:
        return outcome.state == must.state and not outcome.lines
    return outcome.state == must.state and any(re.search(must.line, line) for line in outcome.lines)


def test_session(stack, role, variant, command, clip, runs, limit, results, tmp_path):
    if variant == "ipv6" and not ADDRESS6:
        pytest.skip("no IPv6 here")
    must = expected(stack, role, variant)
    if role == "watches" and must == Expected(VIDEO_ONLY, None):
        limit = SILENT_LIMIT

    def run(name: str) -> Outcome:
        folder = tmp_path / name
        folder.mkdir()
        return Session(folder, command, role, variant, clip, limit).run()

    outcomes = [run(str(number)) for number in range(runs)]
    results.append((role, variant, [asdict(outcome) for outcome in outcomes]))
    for outcome in outcomes:
        if not is_as_expected(outcome, must):
            # Other stacks have races of their own, and a busy machine is slow: the table has it, the suite tries again.
            warnings.warn(f"{stack} {role} {variant}, tried again: {outcome}", stacklevel=1)
            again = run("again")
            assert is_as_expected(again, must), (must, outcome, again)
            break
