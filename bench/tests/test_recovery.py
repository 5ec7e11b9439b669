"""How an outage's end is found in the reports, and what is said of several."""

from measure.loss import REPORT, Report
from measure.recovery import LONGEST, SHORTEST, Outage, first_good, lengths, row
from measure.table import markdown
from measure.targets import judge


def test_a_picture_of_before_or_with_the_ball_elsewhere_is_not_back():
    late, wrong, good = Report(10.1, 200.0, 0.01), Report(10.2, 30.0, 9.0), Report(10.3, 30.0, 0.02)
    assert first_good([Report(9.0, 3.0, 0.01), late, wrong], 10.0) is None
    assert round(first_good([late, wrong, good], 10.0), 3) == 0.3


def test_both_pairs_have_the_same_outages_and_each_seed_others():
    assert lengths(3) == lengths(3) != lengths(4)
    assert all(SHORTEST <= seconds <= LONGEST for seed in range(20) for seconds in lengths(seed))


def test_lines_of_both_servers_are_read():
    ours = "a: frame 4217: reported (1.000, 2.000), true (1.000, 2.010), error 0.0100 px, 3.25 ms"
    for line in (ours, "frame 3000: error 0.0100 px, 3.25 ms"):
        assert REPORT.search(line).groups() == ("0.0100", "3.25")


def test_who_is_not_back_is_no_quick_one():
    ours = {"pair": "ours", **row([Outage(0.2, 0.02), Outage(3.0, 0.1)])}
    aiortc = {"pair": "aiortc", **row([Outage(0.2, 0.01), Outage(3.0, None)])}
    assert (ours["afterLongP50Seconds"], aiortc["afterLongP50Seconds"]) == (0.1, None)
    results = {"recovery": [ours, aiortc]}
    assert "| aiortc | 2 | 1 | 0.01 | 0.01 | - |" in markdown(results, [])
    assert [judged["reached"] for judged in judge(results)] == [False], "later than the other in the median"
    results["recovery"][1]["p50Seconds"] = 0.2
    assert [judged["reached"] for judged in judge(results)] == [True]
