"""Sessions with a peer of another stack, in each role and variant that it can do."""

import re
from dataclasses import asdict

import pytest
from cases import VIDEO_ONLY, WORKS, Expected, expected
from session import ADDRESS6, Session

# Nobody says anything where a peer gets its video and is not to report.
SILENT_LIMIT = 6.0


def test_session(stack, role, variant, command, clip, runs, limit, results, tmp_path):
    if variant == "ipv6" and not ADDRESS6:
        pytest.skip("no IPv6 here")
    must = expected(stack, role, variant)
    if must == Expected(VIDEO_ONLY, None):
        limit = SILENT_LIMIT
    outcomes = []
    for number in range(runs):
        folder = tmp_path / str(number)
        folder.mkdir()
        outcomes.append(Session(folder, command, role, variant, clip, limit).run())
    results.append((role, variant, [asdict(outcome) for outcome in outcomes]))

    for outcome in outcomes:
        if must.is_race and outcome.state == WORKS:
            continue
        assert outcome.state == must.state, outcome
        if must.line is None:
            assert not outcome.lines, outcome
        else:
            assert any(re.search(must.line, line) for line in outcome.lines), outcome
