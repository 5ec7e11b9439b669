"""Sessions against latency and processor time, as SVG: two panels over the same axis, on white so that it can be read
on any page."""

from dataclasses import dataclass
from html import escape

WIDTH, PANEL_HEIGHT = 720, 220
LEFT, RIGHT, TOP, GAP, BOTTOM = 64, 120, 40, 56, 48
STYLE = """text { font: 12px sans-serif; fill: #333 } .title { font-weight: bold; fill: #111 }
.grid { stroke: #ddd } .limit { stroke: #b00020; stroke-dasharray: 5 4 } .limit-text { fill: #b00020 }
.line { fill: none; stroke-width: 2 }"""


@dataclass(frozen=True)
class Series:
    """A line: its name, its colour and its points. A point without a value interrupts it."""

    name: str
    colour: str
    points: list[tuple[float, float | None]]


@dataclass(frozen=True)
class Panel:
    title: str
    series: list[Series]
    # The largest value shown; lines end there.
    top: float
    limit: tuple[float, str] | None = None


def sessions_plot(rows: list[dict]) -> str:
    """The plot of a ladder of sessions."""

    def series(name: str, colour: str, key: str) -> Series:
        return Series(name, colour, [(row["sessions"], row[key]) for row in rows])

    latency = Panel(
        "capture to report, ms",
        [series("p50", "#1565c0", "latencyP50Milliseconds"), series("p95", "#ef6c00", "latencyP95Milliseconds")],
        top=60,
        limit=(20, "20 ms"),
    )
    cpu = [series("server", "#2e7d32", "serverCpuPercent"), series("load", "#6a1b9a", "loadCpuPercent")]
    return svg([latency, Panel("processor, % of one core", cpu, top=rounded_up(cpu))], [row["sessions"] for row in rows])


def rounded_up(series: list[Series]) -> float:
    """A round number above all values."""
    most = max((value for line in series for _, value in line.points if value is not None), default=0)
    return max(20.0, -(-most // 20) * 20)


def svg(panels: list[Panel], ticks: list[int]) -> str:
    height = TOP + len(panels) * PANEL_HEIGHT + (len(panels) - 1) * GAP + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for index, panel in enumerate(panels):
        parts += panel_parts(panel, TOP + index * (PANEL_HEIGHT + GAP), ticks)
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts += [f'<text x="{middle:.0f}" y="{height - 10}" text-anchor="middle">sessions</text>', "</svg>", ""]
    return "\n".join(parts)


def panel_parts(panel: Panel, top: int, ticks: list[int]) -> list[str]:
    bottom = top + PANEL_HEIGHT

    def x(value: float) -> float:
        return LEFT + value / max(ticks) * (WIDTH - RIGHT - LEFT)

    def y(value: float) -> float:
        return bottom - min(value, panel.top) / panel.top * PANEL_HEIGHT

    parts = [f'<text class="title" x="{LEFT}" y="{top - 12}">{escape(panel.title)}</text>']
    for value in (panel.top * step / 4 for step in range(5)):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for tick in spaced(ticks, lambda tick: x(tick)):
        parts.append(f'<text x="{x(tick):.1f}" y="{bottom + 18}" text-anchor="middle">{tick}</text>')
    if panel.limit:
        value, name = panel.limit
        parts.append(f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        parts.append(f'<text class="limit-text" x="{LEFT + 6}" y="{y(value) - 5:.1f}">{escape(name)}</text>')
    for row, series in enumerate(panel.series):
        points = [(x(at), y(value)) for at, value in series.points if value is not None]
        path = " ".join(f"{across:.1f},{up:.1f}" for across, up in points)
        parts.append(f'<polyline class="line" stroke="{series.colour}" points="{path}"/>')
        parts += [f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3" fill="{series.colour}"/>' for across, up in points]
        label = top + 14 + row * 18
        parts.append(f'<rect x="{WIDTH - RIGHT + 16}" y="{label - 9}" width="12" height="4" fill="{series.colour}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 34}" y="{label}">{escape(series.name)}</text>')
    return parts


def spaced(ticks: list[int], place) -> list[int]:
    """Those of `ticks` whose labels do not run into each other."""
    shown: list[int] = []
    for tick in ticks:
        if not shown or place(tick) - place(shown[-1]) >= 34:
            shown.append(tick)
    return shown
