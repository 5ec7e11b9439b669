"""How the effect of loss is read from the reports' arrivals."""

from measure.loss import Report, recovery

INTERVAL = 1 / 30


def reports(begin: float, end: float, latency: float) -> list[Report]:
    count = round((end - begin) / INTERVAL)
    return [Report(begin + index * INTERVAL, latency) for index in range(count)]


def test_a_pair_that_nothing_happens_to():
    found = recovery(reports(0, 20, 3.0), 5, 10, INTERVAL)
    assert found["latencyBeforeP50Milliseconds"] == found["latencyAfterP50Milliseconds"] == 3.0
    assert found["freezes"] == 0 and found["freezeMedianMilliseconds"] is None
    assert found["recoverySeconds"] < INTERVAL


def test_a_freeze_is_what_a_gap_takes_longer_than_a_frame():
    found = recovery(reports(0, 6, 3.0) + reports(6.5, 20, 3.0), 5, 10, INTERVAL)
    assert found["freezes"] == 1
    assert abs(found["freezeLongestMilliseconds"] - 500) < 50


def test_a_lost_report_is_no_freeze():
    arrivals = reports(0, 20, 3.0)
    del arrivals[round(7 / INTERVAL)]
    assert recovery(arrivals, 5, 10, INTERVAL)["freezes"] == 0


def test_latency_that_comes_back_does_so_with_its_first_good_report():
    arrivals = reports(0, 5, 3.0) + reports(5, 11.5, 400.0) + reports(11.5, 20, 3.0)
    found = recovery(arrivals, 5, 10, INTERVAL)
    assert found["latencyDuringP50Milliseconds"] == 400.0
    assert abs(found["recoverySeconds"] - 1.5) < 2 * INTERVAL


def test_latency_that_stays_never_comes_back():
    arrivals = reports(0, 5, 42.0) + reports(5, 20, 1000.0)
    assert recovery(arrivals, 5, 10, INTERVAL)["recoverySeconds"] is None


def test_a_pair_that_falls_silent_never_comes_back():
    found = recovery(reports(0, 5, 42.0), 5, 10, INTERVAL)
    assert found["recoverySeconds"] is None and found["latencyAfterP50Milliseconds"] is None
