"""How verdicts are compared with faults, and that limits and relays do what they should; without a session."""

import socket
import subprocess
import threading

import pytest
from detection.cases import OBJECTIVES, SHORT, cases
from detection.cgroup import Group, Hierarchy, hierarchy, throttled, why_impossible
from detection.observer import Observed, Verdict, breaches, plain
from detection.outcome import Expected, outcome
from detection.relay import Relay
from detection.table import detection_table

BEGAN, ENDED = 10.0, 12.0
STOPPED = Expected(("FreezeTooLong",), causes=("ClientCpu",), client="b")


def observed(*verdicts: Verdict) -> Observed:
    return Observed([Verdict(5.0, True, "Met"), *verdicts])


def false(at: float, reason: str = "FreezeTooLong", cause: str = "ClientCpu", client: str = "b") -> Verdict:
    return Verdict(at, False, reason, cause, client, f"node-{client}", "…")


def compared(expected: Expected, *verdicts: Verdict) -> dict:
    return outcome(expected, observed(*verdicts), {}, BEGAN, ENDED)


def test_a_fault_that_is_detected_as_expected():
    row = compared(STOPPED, false(11.0), false(13.0, "LossTooHigh"), Verdict(40.0, True, "Met"))
    assert row["problems"] == []
    assert (row["secondsToFalse"], row["secondsToTrue"]) == (1.0, 28.0)
    assert row["reasons"] == ["FreezeTooLong", "LossTooHigh"]


TRUE_AGAIN = Verdict(40.0, True, "Met")


@pytest.mark.parametrize(
    ("verdicts", "problem"),
    [
        ([], "not detected"),
        ([false(11.0, "ErrorTooHigh"), TRUE_AGAIN], "wrong reason: ErrorTooHigh"),
        ([false(11.0), false(12.0, "SetupTooSlow"), TRUE_AGAIN], "wrong reason: SetupTooSlow"),
        ([false(11.0, cause="Network"), TRUE_AGAIN], "wrong cause: Network"),
        ([false(11.0), false(12.0, cause="Codec"), TRUE_AGAIN], "wrong cause: Codec"),
        ([false(11.0, cause="Unknown"), TRUE_AGAIN], "cause not known"),
        ([false(11.0, client="a"), TRUE_AGAIN], "wrong client: a"),
        ([Verdict(11.0, False, "FreezeTooLong", "ClientCpu", "b", "node-a"), TRUE_AGAIN], "wrong node: node-a"),
        ([false(20.5), TRUE_AGAIN], "later than 10 s"),
        ([false(11.0)], "not True again"),
        ([false(11.0), Verdict(11.5, True, "Met")], "True while it lasted"),
    ],
)
def test_what_is_not_as_expected_is_named(verdicts, problem):
    assert problem in compared(STOPPED, *verdicts)["problems"]


def test_a_cause_may_become_known_later():
    assert compared(STOPPED, false(11.0, cause="Unknown"), false(12.0), TRUE_AGAIN)["problems"] == []


def test_a_reason_may_have_to_follow():
    expected = Expected(("FreezeTooLong",), then="NoMedia", causes=("ClientCpu",), client="b")
    assert compared(expected, false(11.0), TRUE_AGAIN)["problems"] == ["never NoMedia"]
    assert compared(expected, false(11.0), false(15.0, "NoMedia"), TRUE_AGAIN)["problems"] == []


def test_a_control_must_stay_true():
    assert compared(Expected())["problems"] == []
    assert compared(Expected(), false(11.0))["problems"] == ["false alarm: FreezeTooLong"]
    assert compared(Expected(), Verdict(11.0, None, "NoReports"))["problems"] == ["not known: NoReports"]


def test_what_is_repaired_is_counted():
    expected = Expected(counted=("packetsLost",))
    assert compared(expected)["problems"] == ["no packetsLost counted"]
    assert outcome(expected, observed(), {"packetsLost": 7}, BEGAN, ENDED)["problems"] == []


def test_a_server_without_a_verdict_has_detected_nothing():
    assert outcome(STOPPED, Observed(), {}, BEGAN, ENDED)["problems"] == ["no verdict at all", "not detected"]


def test_true_beside_a_breach_is_a_problem_of_every_case():
    found = observed()
    found.contradictions, found.contradiction_count = ["b: loss 2, allowed 1"], 3
    problems = outcome(Expected(), found, {}, BEGAN, ENDED)["problems"]
    assert problems == ["True beside b: loss 2, allowed 1 (3 times)"]


def row(name: str, **recent: float) -> dict:
    return {"id": name, "state": "Connected", "recent": {"wantedSeconds": 15.0, **recent}}


def test_numbers_are_compared_with_their_objectives():
    well = {"lossPercent": 1.0, "deliveredPercent": 95.0, "latencyMilliseconds": {"p95": 200.0}, "errorPixels": None}
    status = {"recent": well, "clients": [row("a", lossPercent=0.0, longestFreezeMilliseconds=1000.0)]}
    assert breaches(status, OBJECTIVES) == []
    status["recent"] = {**well, "deliveredPercent": 94.9}
    status["clients"] = [
        row("a", latencyMillisecondsP95=200.5),
        row("b", longestFreezeMilliseconds=1001.0),
        row("c", lossPercent=50.0, wantedSeconds=4.0),
        {**row("d", lossPercent=50.0), "state": "Ended"},
    ]
    assert breaches(status, OBJECTIVES) == [
        "all: delivered 94.9, allowed 95",
        "a: latency-p95 200.5, allowed 200",
        "b: freeze 1001, allowed 1000",
    ]


def test_objectives_are_numbers():
    assert [plain(text) for text in ("1", "95", "200ms", "1s")] == [1.0, 95.0, 200.0, 1000.0]


def test_there_are_enough_faults_each_with_a_name_of_its_own():
    every = cases(quiet_seconds=60)
    names = [case.name for case in every]
    assert len(set(names)) == len(names)
    assert sum(bool(case.expected.reasons) for case in every) >= 30
    assert set(SHORT) < set(names)


def test_limits_are_what_the_kernel_takes():
    first = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu,cpuacct 0 0\n"
    second = "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
    assert hierarchy(first + second).quota(20) == ("cpu.cfs_quota_us", "2000")
    assert hierarchy(first).quota(None) == ("cpu.cfs_quota_us", "-1")
    assert hierarchy(second).quota(200) == ("cpu.max", "20000 100000")
    assert hierarchy(second).quota(None) == ("cpu.max", "max 100000")
    assert hierarchy("proc /proc proc rw 0 0\n") is None
    assert throttled("nr_periods 3\nnr_throttled 2\nthrottled_time 1500000000\n") == 1.5
    assert throttled("usage_usec 9\nthrottled_usec 250000\n") == 0.25


@pytest.mark.skipif(why_impossible() is not None, reason="no program's processor time can be limited here")
def test_a_program_in_a_group_gets_what_its_limit_says():
    group = Group("test")
    try:
        assert isinstance(group.hierarchy, Hierarchy)
        group.limit(50)
        burner = subprocess.Popen(group.enter(["sh", "-c", "while :; do :; done"]))
        with pytest.raises(subprocess.TimeoutExpired):
            burner.wait(1.0)
        burner.kill()
        burner.wait()
        assert group.throttled() > 0.5
    finally:
        group.remove()
    assert not group.folder.exists()


def test_a_relay_says_where_it_is_and_what_it_carried(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        relay = Relay(tmp_path, "relay", server.getsockname()[1], seed=1)
        try:
            thread = threading.Thread(target=server.accept, daemon=True)
            thread.start()
            with socket.create_connection(("127.0.0.1", relay.port)):
                thread.join(10)
                assert not thread.is_alive()
            assert relay.impair({"toClient": {"loss": 0.1}})["toClient"] == {"received": 0, "dropped": 0, "reordered": 0, "duplicated": 0}
            with pytest.raises(AssertionError, match="relay ended"):
                relay.impair({"toClient": {"loss": 10}})
        finally:
            relay.end()


def test_the_table_shows_every_case_and_sums_up():
    row = compared(STOPPED, false(11.0), false(13.0, "LossTooHigh"), TRUE_AGAIN)
    rows = [
        {"fault": "stopped", "expected": ["FreezeTooLong"], "injected": "stopped", **row},
        {"fault": "killed", "expected": ["ClientsLost"], **compared(STOPPED)},
        {"fault": "calm", "expected": [], "injected": "busy", **compared(Expected())},
        {"fault": "limited", "leftOut": "no limits"},
    ]
    text = detection_table(rows)
    assert "| stopped | stopped | FreezeTooLong (b), LossTooHigh | ClientCpu | 1.0 | 28.0 | yes |" in text
    assert "| killed | - | - | - | - | - | **no**: not detected |" in text
    assert "| calm | busy | - | - | - | - | yes |" in text
    assert "1 of 2 faults detected, 1 of them as expected; True throughout in 1 of 1 cases" in text
    assert "median 1.0 s, at most 1.0 s" in text and "Left out: 1." in text
