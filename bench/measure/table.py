"""The results as Markdown."""

from detection.table import detection_table

from measure.sessions import carried


def markdown(results: dict, targets: list[dict]) -> str:
    """All tables there are results for."""
    parts = [
        (targets, "## Against the targets", targets_table(targets)),
        (results.get("pairs"), "## Pairs", pairs_table(results.get("pairs", []))),
        (results.get("stages"), "## Stages of a frame", stages_tables(results.get("stages", []))),
        (results.get("sessions"), "## Sessions per server", sessions_table(results.get("sessions", []))),
        (results.get("operator"), "## The operator", operator_table(results.get("operator"))),
        (results.get("loss"), "## Loss of 2 %", loss_table(results.get("loss", []))),
        (results.get("recovery"), "## Outages", recovery_table(results.get("recovery", []))),
        (results.get("hostile"), "## Beside a hostile peer", hostile_table(results.get("hostile", []))),
        (results.get("detection"), "## Faults", detection_table(results.get("detection", []))),
    ]
    return "\n".join(f"{title}\n\n{text}" for there, title, text in parts if there)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def spread(figure: dict | None, digits: int) -> str:
    """The median, and behind it the least and the most of all rounds."""
    if figure is None:
        return "-"
    least, most = f"{figure['min']:.{digits}f}", f"{figure['max']:.{digits}f}"
    median = f"{figure['median']:.{digits}f}"
    return median if least == most else f"{median} ({least}-{most})"


def number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def targets_table(targets: list[dict]) -> str:
    head = ["quantity", "target", "ours", "aiortc", ""]
    rows = [
        [row["quantity"], row["target"], row["ours"], row["aiortc"], "reached" if row["reached"] else "**not reached**"]
        for row in targets
    ]
    return table(head, rows)


def pairs_table(pairs: list[dict]) -> str:
    head = ["video", "server", "client", "server CPU %", "client CPU %", "server MB", "client MB"]
    head += ["latency p50 ms", "p95 ms", "error mean px", "p95 px", "matched %"]
    columns = [("serverCpuPercent", 1), ("clientCpuPercent", 1)]
    columns += [("serverResidentMegabytes", 0), ("clientResidentMegabytes", 0)]
    columns += [("latencyP50Milliseconds", 1), ("latencyP95Milliseconds", 1)]
    columns += [("errorMeanPixels", 4), ("errorP95Pixels", 4), ("matchedPercent", 2)]
    rows = [
        [pair["video"], pair["server"], pair["client"], *(spread(pair[key], digits) for key, digits in columns)]
        for pair in pairs
    ]
    return table(head, rows)


def stages_tables(videos: list[dict]) -> str:
    names = ["draw", "encode", "packetise", "send", "receive", "decode", "detect"]
    rows = []
    for video in videos:
        for part in ("session", "floor"):
            figures = [spread(video[part].get(name), 0) for name in names]
            total = sum(figure["median"] for figure in video[part].values())
            rows.append([video["video"], part, *figures, f"{total:.0f}"])
    text = "Microseconds of processor time per frame: in a session at the video's pace, and in a loop without a network.\n\n"
    text += table(["video", "", *names, "sum"], rows)
    head = ["video", "detector", "error mean px", "p95 px", "max px", "missed", "us per frame"]
    rows = [
        [
            video["video"],
            detector["name"],
            *(number((detector["errorPixels"] or {}).get(key), 3) for key in ("mean", "p95", "max")),
            str(detector["missed"]),
            spread(detector["microseconds"], 0),
        ]
        for video in videos
        for detector in video["detectors"]
    ]
    return text + "\nDetectors, all on the same decoded frames:\n\n" + table(head, rows)


def sessions_table(rows: list[dict]) -> str:
    head = ["sessions", "up", "frames reported %", "latency p50 ms", "p95 ms", "server CPU %", "load CPU %"]
    head += ["server MB", "join p50 ms", "p95 ms"]
    columns = [("sessions", 0), ("up", 0), ("reportedPercent", 2)]
    columns += [("latencyP50Milliseconds", 1), ("latencyP95Milliseconds", 1)]
    columns += [("serverCpuPercent", 0), ("loadCpuPercent", 0), ("serverResidentMegabytes", 0)]
    columns += [("joinP50Milliseconds", 0), ("joinP95Milliseconds", 0)]
    body = [[number(row[key], digits) for key, digits in columns] for row in rows]
    most = f"\nThe most with 99.5 % of the frames reported and p95 <= 20 ms: **{carried(rows)}**.\n"
    return table(head, body) + most


def operator_table(outcome: dict | None) -> str:
    if not outcome:
        return ""
    head = ["sessions", "created in s", "conditions s", "Ready s", "Met s", "alone s", "MB", "MB at the end", "MB at most"]
    columns = ["sessions", "creatingSeconds", "conditionsSeconds", "readySeconds", "metSeconds", "aloneSeconds"]
    columns += ["residentMegabytes", "residentAtEndMegabytes", "peakMegabytes"]
    text = "Times from the last session's creation; alone: the same objects without an operator, from the first one's.\n\n"
    text += table(head, [[number(outcome[column], 0) for column in columns]])
    head = ["while", "seconds", "posts", "not taken", "writes", "a minute", "reads", "CPU %"]
    columns = ["seconds", "posts", "refused", "writes", "writesPerMinute", "reads", "cpuPercent"]
    windows = (("all report", "streaming"), ("nobody does", "idle"))
    rows = [[name, *(number(outcome[window][column], 0) for column in columns)] for name, window in windows]
    text += "\n" + table(head, rows)
    head = ["from a post to the status", "p50 s", "p95 s", "longest s"]
    spans = (("the first of a session", "firstPostSeconds"), ("a breach, while all report", "breachSeconds"))
    known = [(name, outcome[span] or {}) for name, span in spans]
    rows = [[name, *(number(span.get(column), 1) for column in ("p50", "p95", "max"))] for name, span in known]
    return text + "\n" + table(head, rows)


def loss_table(pairs: list[dict]) -> str:
    head = ["pair", "latency before, p50 ms", "during", "after", "freezes", "median ms", "longest ms"]
    head += ["seconds until latency is back", "rounds in which it came back"]
    columns = [("latencyBeforeP50Milliseconds", 1), ("latencyDuringP50Milliseconds", 1)]
    columns += [("latencyAfterP50Milliseconds", 1), ("freezes", 0), ("freezeMedianMilliseconds", 0)]
    columns += [("freezeLongestMilliseconds", 0), ("recoverySeconds", 2)]
    rows = [
        [
            pair["pair"],
            *(spread(pair[key], digits) for key, digits in columns),
            f"{pair['recoveredRounds']} of {pair['rounds']}",
        ]
        for pair in pairs
    ]
    return table(head, rows)


def recovery_table(pairs: list[dict]) -> str:
    head = ["pair", "outages", "back", "seconds until a good picture, p50", "longest", "p50 after outages of 1 s and more"]
    columns = ["p50Seconds", "longestSeconds", "afterLongP50Seconds"]
    rows = [
        [pair["pair"], str(pair["outages"]), str(pair["back"]), *(number(pair[column], 2) for column in columns)]
        for pair in pairs
    ]
    return table(head, rows)


def hostile_table(kinds: list[dict]) -> str:
    head = ["peer", "done a second", "refused %", "p95 ms without", "beside it", "ratio", "loss % without", "beside it", "freezes"]
    head += ["server MB", "more MB", "client MB"]
    columns = [("doneASecond", 0), ("refusedPercent", 0), ("quietP95Milliseconds", 1), ("besideP95Milliseconds", 1)]
    columns += [("p95Ratio", 2), ("quietLossPercent", 2), ("besideLossPercent", 2), ("freezes", 0)]
    columns += [("serverMegabytes", 0), ("serverMoreMegabytes", 1), ("clientMegabytes", 0)]
    rows = [[kind["does"], *(spread(kind[key], digits) for key, digits in columns)] for kind in kinds]
    return table(head, rows)
