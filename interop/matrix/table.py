"""Writes what came of all cases into a file between two markers: `table.py FILE RESULTS...`."""

import json
import re
import statistics
import sys
from collections import Counter
from pathlib import Path

from cases import ROLES, STACKS, VARIANTS, VIDEO_ONLY, WORKS

BEGIN, END = "<!-- matrix: written by `make interop-all` -->", "<!-- end of the matrix -->"


class Notes:
    """What was said where not everything worked, numbered."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def number(self, line: str) -> str:
        # Without what differs from run to run: who says it, and the peer's address.
        line = re.sub(r"^(WARN|ERROR) \S+: (\[?[\da-f.:]+\]?:\d+: )?", "", line)
        if line not in self.lines:
            self.lines.append(line)
        return f"[{self.lines.index(line) + 1}]"


def quantile(values: list[float], share: float) -> int:
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))])


def cell(runs: list[dict], notes: Notes) -> str:
    working = [run for run in runs if run["state"] == WORKS]
    setups = [run["setup"] for run in working if run["setup"] is not None]
    words = []
    if 0 < len(working) < len(runs):
        words.append(f"{len(working)} of {len(runs)}:")
    if setups:
        words.append(f"{round(statistics.median(setups))}/{quantile(setups, 0.95)}")
    others = [run for run in runs if run["state"] != WORKS]
    if others:
        words.append("video" if all(run["state"] == VIDEO_ONLY for run in others) else "fails")
    said = [notes.number(run["lines"][0]) for run in others if run["lines"]]
    words += sorted(set(said))
    return " ".join(words)


def row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write(results: list[dict]) -> str:
    results.sort(key=lambda result: STACKS.index(result["stack"]))
    notes = Notes()
    lines = ["", row(["variant", ""]), row(["---", "---"]), *(row(list(variant)) for variant in VARIANTS.items())]
    for role, title in ROLES.items():
        lines += ["", f"**The peer {title}**", "", row([role, *VARIANTS]), row(["---"] * (len(VARIANTS) + 1))]
        for result in results:
            runs = {case["variant"]: case["runs"] for case in result["cases"] if case["role"] == role}
            cells = [cell(runs[variant], notes) if variant in runs else "-" for variant in VARIANTS]
            lines.append(row([result["version"], *cells]))
    lines += ["", *(f"- [{number}] `{line}`" for number, line in enumerate(notes.lines, 1))]
    lines += ["", "**Frames by what became of them**, all variants together", ""]
    lines += [row(["", *ROLES]), row(["---"] * (len(ROLES) + 1))]
    for result in results:
        fates = {role: Counter() for role in ROLES}
        for case in result["cases"]:
            for run in case["runs"]:
                fates[case["role"]].update(run["frames"])
        named = [", ".join(f"{count} {fate}" for fate, count in fates[role].items()) or "-" for role in ROLES]
        lines.append(row([result["version"], *named]))
    return "\n".join([BEGIN, *lines, "", END])


def main() -> None:
    target = Path(sys.argv[1])
    results = [json.loads(Path(path).read_text()) for path in sys.argv[2:]]
    before, rest = target.read_text().split(BEGIN)
    target.write_text(before + write(results) + rest.split(END)[1])


main()
