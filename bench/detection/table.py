"""The table of faults, as Markdown."""

import statistics

HEAD = ["fault", "injected", "reported", "cause", "s until False", "s until True again", "as expected"]


def detection_table(rows: list[dict]) -> str:
    """What was injected, what was reported, and the sums."""
    lines = [HEAD, ["---"] * len(HEAD), *([case_row(row)[name] for name in HEAD] for row in rows)]
    return f"{summed_up(rows)}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def summed_up(rows: list[dict]) -> str:
    """How many were detected, and how fast."""
    measured = [row for row in rows if "leftOut" not in row]
    faults = [row for row in measured if row["expected"]]
    controls = [row for row in measured if not row["expected"]]
    detected = [row for row in faults if row.get("detected")]
    right = [row for row in detected if not row["problems"]]
    passed = [row for row in controls if not row["problems"]]
    text = f"{len(detected)} of {len(faults)} faults detected, {len(right)} of them as expected; "
    text += f"True throughout in {len(passed)} of {len(controls)} cases in which nothing is wrong or all is repaired."
    if seconds := [row["secondsToFalse"] for row in detected]:
        text += f" Until False: median {statistics.median(seconds):.1f} s, at most {max(seconds):.1f} s."
    if back := [row["secondsToTrue"] for row in detected if row["secondsToTrue"] is not None]:
        text += f" From a fault's end until True: median {statistics.median(back):.1f} s, at most {max(back):.1f} s."
    if left_out := len(rows) - len(measured):
        text += f" Left out: {left_out}."
    return text


def case_row(row: dict) -> dict[str, str]:
    """A case's cells."""
    if "leftOut" in row:
        return {**dict.fromkeys(HEAD, "-"), "fault": row["fault"], "as expected": f"left out: {row['leftOut']}"}
    reported = "-"
    if first := row.get("detected"):
        of = f" ({first['client']})" if first["client"] else ""
        others = [reason for reason in row["reasons"] if reason != first["reason"]]
        reported = ", ".join([f"{first['reason']}{of}", *others])
    return {
        "fault": row["fault"],
        "injected": row.get("injected") or "-",
        "reported": reported,
        "cause": ", ".join(row.get("causes") or []) or "-",
        "s until False": seconds(row.get("secondsToFalse")),
        "s until True again": seconds(row.get("secondsToTrue")),
        "as expected": "yes" if not row["problems"] else f"**no**: {'; '.join(row['problems'])}",
    }


def seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
