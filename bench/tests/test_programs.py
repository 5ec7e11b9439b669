"""That the measuring itself works, with the programs as they are; what it measures is nothing for a test."""

from measure import pairs, sessions, stages
from measure.programs import Video

SMALL = Video(160, 120, 10)


def test_the_load_generator_answers_every_frame(monkeypatch):
    monkeypatch.setattr(sessions, "WARM_UP", 0.0)
    row = sessions.run(3, 5)
    assert (row["up"], row["failures"]) == (3, [])
    assert row["reportedPercent"] > 0
    assert row["serverCpuPercent"] > 0 and row["loadCpuPercent"] > 0


def test_every_stage_has_a_cost(monkeypatch):
    monkeypatch.setattr(stages, "SECONDS", 1)
    monkeypatch.setattr(stages, "VIDEOS", (SMALL,))
    (video,) = stages.measure(1, lambda _: None)
    for part in ("session", "floor"):
        assert all(figure["median"] > 0 for figure in video[part].values()), video[part]
    assert len(video["detectors"]) == 4


def test_an_aiortc_pair_has_all_figures(monkeypatch):
    monkeypatch.setattr(pairs, "WARM_UP", 0.0)
    figures = pairs.run(Video(160, 120, 30), "aiortc", "aiortc", 5)
    assert None not in figures.values(), figures
