"""What a hostile peer changes, as it is made of three windows."""

from measure.figures import spread
from measure.hostile import figures
from measure.table import markdown
from measure.targets import judge


def window(p95: float | None, loss: float = 0.0, freezes: int = 0, server: float = 30.0) -> dict:
    held = {"server": server, "client": 22.0}
    return {"latencyMillisecondsP95": p95, "lossPercent": loss, "freezes": freezes, "held": held}


DID = {"done": 4000, "refused": 1000, "seconds": 20.0}


def test_beside_it_is_compared_with_before_and_after():
    found = figures(window(2.0, 0.5), window(3.3, 0.1, freezes=2, server=34.0), window(4.0), DID)
    assert (found["quietP95Milliseconds"], round(found["p95Ratio"], 2)) == (3.0, 1.1)
    assert (found["quietLossPercent"], found["besideLossPercent"], found["freezes"]) == (0.5, 0.1, 2.0)
    assert (found["serverMegabytes"], found["serverMoreMegabytes"]) == (34.0, 4.0)
    assert (found["doneASecond"], found["refusedPercent"]) == (200.0, 25.0)


def test_without_a_quantile_there_is_no_ratio():
    assert figures(window(2.0), window(None), window(2.0), DID)["p95Ratio"] is None


def test_the_worst_kind_is_judged():
    def row(ratio: float, loss: float) -> dict:
        found = figures(window(1.0), window(ratio, loss), window(1.0), DID)
        return {"kind": "junk", "does": "junk", **{name: spread([figure]) for name, figure in found.items()}}

    good, bad = {"hostile": [row(1.1, 0.0)]}, {"hostile": [row(1.1, 0.0), row(1.3, 0.2)]}
    assert [judged["reached"] for judged in judge(good)] == [True, True]
    assert [judged["reached"] for judged in judge(bad)] == [False, False]
    assert "| junk | 200 | 25 | 1.0 | 1.1 | 1.10 | 0.00 | 0.00 | 0 | 30 | 0.0 | 22 |" in markdown(good, judge(good))
