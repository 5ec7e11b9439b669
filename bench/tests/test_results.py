"""From figures to tables, the plot and the targets."""

import xml.etree.ElementTree as ElementTree

import pytest
from measure.figures import spread
from measure.machine import cpu_model
from measure.plot import sessions_plot
from measure.sessions import carried, is_carried, row
from measure.table import markdown
from measure.targets import judge


def rung(sessions: int, p95: float | None = 9.0, **other: object) -> dict:
    figures = {
        "sessions": sessions,
        "up": sessions,
        "reportedPercent": 100.0,
        "skippedFrames": 0,
        "latencyP50Milliseconds": 4.0,
        "latencyP95Milliseconds": p95,
        "serverCpuPercent": 30.0,
        "serverResidentMegabytes": 40.0,
        "loadCpuPercent": 20.0,
        "joinP50Milliseconds": 60.0,
        "joinP95Milliseconds": 90.0,
        "failures": [],
        **other,
    }
    return {**figures, "isCarried": is_carried(figures)}


def pair(server: str, client: str, cpu: float, latency: float) -> dict:
    figures = {
        "serverCpuPercent": cpu,
        "clientCpuPercent": cpu,
        "serverResidentMegabytes": 30.0,
        "clientResidentMegabytes": 25.0,
        "latencyP50Milliseconds": latency,
        "latencyP95Milliseconds": latency,
        "errorMeanPixels": 0.006,
        "errorP95Pixels": 0.012,
        "matchedPercent": 100.0,
    }
    names = {"video": "640x480@30", "server": server, "client": client}
    return {**names, **{name: spread([figure]) for name, figure in figures.items()}}


def test_a_spread_is_the_median_and_the_ends():
    assert spread([3.0, None, 1.0, 2.0]) == {"median": 2.0, "min": 1.0, "max": 3.0}
    assert spread([None]) is None


@pytest.mark.parametrize("fault", [{"up": 9}, {"reportedPercent": 99.4}, {"p95": 20.1}, {"p95": None}])
def test_a_rung_is_carried_if_all_is_well(fault):
    assert rung(10)["isCarried"]
    assert not rung(10, **fault)["isCarried"]


def test_what_is_carried_ends_below_the_first_rung_that_is_not():
    assert carried([rung(1), rung(50), rung(100, 21.0), rung(200)]) == 50
    assert carried([rung(1, None)]) == 0


def test_frames_that_were_left_out_count_as_not_reported():
    used = {name: {"cpuPercent": 1.0, "residentMegabytes": 1.0} for name in ("server", "load")}
    recent = {"frames": {"sent": 90, "pending": 0, "matched": 90}, "latencyMilliseconds": {"p50": 1.0, "p95": 2.0}}
    outcome = {"up": 2, "joinMilliseconds": None, "failures": []}
    assert row(2, used, recent, 0, outcome)["reportedPercent"] == 100
    assert row(2, used, recent, 5, outcome)["reportedPercent"] == 90


def test_targets_compare_with_the_aiortc_pair_of_the_same_run():
    results = {"pairs": [pair("ours", "ours", 5.0, 3.0), pair("aiortc", "aiortc", 20.0, 42.0)], "sessions": [rung(500)]}
    judged = {row["quantity"]: row for row in judge(results)}
    assert judged["server CPU, of the aiortc server's"]["ours"] == "0.25 (5.0 %)"
    assert all(row["reached"] for row in judged.values())
    results["pairs"][0] = pair("ours", "ours", 8.0, 5.0)
    missed = [row["quantity"] for row in judge(results) if not row["reached"]]
    assert missed == ["server CPU, of the aiortc server's", "client CPU, of the aiortc client's", "capture to report, p50"]


def outcome(**other: object) -> dict:
    window = {"seconds": 120.0, "posts": 24000, "refused": 0, "writes": 1900, "reads": 4, "writesPerMinute": 950.0, "cpuPercent": 14.0}
    idle = {**window, "posts": 0, "writes": 0, "writesPerMinute": 0.0}
    times = {"creatingSeconds": 20.0, "conditionsSeconds": 25.0, "readySeconds": 200.0, "metSeconds": 210.0, "aloneSeconds": 240.0}
    memory = {"residentMegabytes": 80.0, "residentAtEndMegabytes": 70.0, "peakMegabytes": 90.0}
    seen = {"mean": 1.0, "p50": 0.5, "p95": 2.0, "max": 3.0}
    spans = {"firstPostSeconds": seen, "breachSeconds": seen}
    return {"sessions": 1000, **times, **memory, **spans, "streaming": window, "idle": idle, **other}


def test_an_operator_is_judged_by_the_share_of_the_api_server():
    assert all(row["reached"] for row in judge({"operator": outcome()}))

    def missed(**other: object) -> list[str]:
        rows = judge({"operator": outcome(**other)})
        return [row["quantity"].partition(": ")[2] for row in rows if not row["reached"]]

    assert missed(conditionsSeconds=31.0, peakMegabytes=101.0) == ["memory at most", "all conditions there"]
    assert missed(conditionsSeconds=31.0, aloneSeconds=None) == ["all conditions there"]
    assert missed(readySeconds=221.0) == ["all Ready"]
    assert missed(readySeconds=221.0, aloneSeconds=None) == []
    assert missed(sessions=900, breachSeconds=None) == ["writes while all report", "from a breach to the status, p95"]
    assert "| nobody does | 120 | 0 | 0 | 0 | 0 |" in markdown({"operator": outcome()}, [])


def test_tables_show_what_there_is():
    results = {"sessions": [rung(1), rung(1000, None)]}
    text = markdown(results, judge(results))
    assert "| 1000 | 1000 | 100.00 | 4.0 | - |" in text
    assert "## Pairs" not in text


def test_the_plot_is_svg_with_a_point_for_every_value():
    root = ElementTree.fromstring(sessions_plot([rung(1), rung(50), rung(1000, None)]))
    circles = root.findall("{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 3 * 4 - 1


def test_the_processors_name_is_found_or_its_kind_is():
    assert cpu_model("processor: 0\nmodel name\t: A Processor @ 3 GHz\n") == "A Processor @ 3 GHz"
    assert cpu_model("")
