"""The table of faults, as Markdown."""

import statistics

HEAD = ["fault", "done", "said", "cause", "s until False", "s until True again", "as it should be"]


def detection_table(rows: list[dict]) -> str:
    """What was done, what was said of it, and all together."""
    lines = [HEAD, ["---"] * len(HEAD), *([case_row(row)[name] for name in HEAD] for row in rows)]
    return f"{summed_up(rows)}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def summed_up(rows: list[dict]) -> str:
    """How many were seen, and how fast."""
    done = [row for row in rows if "leftOut" not in row]
    faults = [row for row in done if row["expected"]]
    others = [row for row in done if not row["expected"]]
    seen = [row for row in faults if row.get("seen")]
    right = [row for row in seen if not row["problems"]]
    calm = [row for row in others if not row["problems"]]
    text = f"{len(seen)} of {len(faults)} faults seen, {len(right)} of them as they should be; "
    text += f"nothing said in {len(calm)} of {len(others)} cases in which nothing is wrong or all is repaired."
    if seconds := [row["secondsToFalse"] for row in seen]:
        text += f" Until False: median {statistics.median(seconds):.1f} s, at most {max(seconds):.1f} s."
    if back := [row["secondsToTrue"] for row in seen if row["secondsToTrue"] is not None]:
        text += f" From a fault's end until True: median {statistics.median(back):.1f} s, at most {max(back):.1f} s."
    if left_out := len(rows) - len(done):
        text += f" Left out: {left_out}."
    return text


def case_row(row: dict) -> dict[str, str]:
    """A case's cells."""
    if "leftOut" in row:
        return {**dict.fromkeys(HEAD, "-"), "fault": row["fault"], "as it should be": f"left out: {row['leftOut']}"}
    said = "-"
    if seen := row.get("seen"):
        of = f" ({seen['client']})" if seen["client"] else ""
        said = ", ".join([f"{seen['reason']}{of}", *(reason for reason in row["reasons"] if reason != seen["reason"])])
    return {
        "fault": row["fault"],
        "done": row.get("done") or "-",
        "said": said,
        "cause": ", ".join(row.get("causes") or []) or "-",
        "s until False": seconds(row.get("secondsToFalse")),
        "s until True again": seconds(row.get("secondsToTrue")),
        "as it should be": "yes" if not row["problems"] else f"**no**: {'; '.join(row['problems'])}",
    }


def seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
