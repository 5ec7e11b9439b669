"""What good means, and whether it is reached."""

from measure.sessions import carried

# Beside the aiortc pair of the same run, 640x480 at 30 frames per second.
CPU_RATIO = 1 / 3
LATENCY_MILLISECONDS = 4.0
ERROR_PIXELS = 0.01
SERVER_MEGABYTES, CLIENT_MEGABYTES = 40.0, 30.0
RECOVERY_SECONDS, FREEZE_MILLISECONDS = 1.0, 150.0
SESSIONS = 500
# Of a healthy client beside a hostile peer.
BESIDE_RATIO, BESIDE_LOSS = 1.2, 0.0
# Of an operator with a thousand sessions; with fewer of them writes are fewer.
OPERATOR_MEGABYTES, OPERATOR_WRITES, CONDITIONS_SECONDS, SEEN_SECONDS = 100.0, 1.0, 30.0, 15.0


def judge(results: dict) -> list[dict]:
    """A row for each target of which there is a measurement."""
    rows = [*judge_pairs(results.get("pairs", [])), *judge_loss(results.get("loss", []))]
    rows += [*judge_recovery(results.get("recovery", [])), *judge_hostile(results.get("hostile", []))]
    if sessions := results.get("sessions"):
        most = carried(sessions)
        rows.append(row("sessions per server with p95 <= 20 ms", f">= {SESSIONS}", f"{most}", None, most >= SESSIONS))
    return [*rows, *judge_operator(results.get("operator"))]


def judge_operator(outcome: dict | None) -> list[dict]:
    if not outcome:
        return []
    sessions, alone = outcome["sessions"], outcome["aloneSeconds"]
    megabytes, streaming, idle = outcome["peakMegabytes"], outcome["streaming"], outcome["idle"]
    conditions, seen = outcome["conditionsSeconds"], (outcome["breachSeconds"] or {}).get("p95")
    # Both from the first session's creation.
    ready = outcome["creatingSeconds"] + outcome["readySeconds"]
    name = f"operator, {sessions} sessions"
    most = sessions * OPERATOR_WRITES
    per_minute = streaming["writesPerMinute"]
    return [
        row(f"{name}: memory at most", "<= 100 MB", f"{megabytes:.0f} MB", None, megabytes <= OPERATOR_MEGABYTES),
        row(f"{name}: all conditions there", "<= 30 s", f"{conditions:.0f} s", None, conditions <= CONDITIONS_SECONDS),
        # The machine may be too slow for so many objects: the operator is not to be slower than that.
        *([row(f"{name}: all Ready", f"<= {alone:.0f} s, as alone", f"{ready:.0f} s", None, ready <= alone)] if alone else []),
        row(f"{name}: writes while all report", f"<= {most:.0f}/min", f"{per_minute:.0f}/min", None, per_minute <= most),
        row(f"{name}: writes while nobody does", "0", f"{idle['writes']}", None, idle["writes"] == 0),
        row(
            f"{name}: from a breach to the status, p95",
            "<= 15 s",
            "-" if seen is None else f"{seen:.1f} s",
            None,
            seen is not None and seen <= SEEN_SECONDS,
        ),
    ]


def judge_pairs(pairs: list[dict]) -> list[dict]:
    found = {pair["server"]: pair for pair in pairs if pair["video"] == "640x480@30" and pair["server"] == pair["client"]}
    if len(found) < 2:
        return []
    ours, aiortc = found["ours"], found["aiortc"]

    def cpu(side: str) -> dict:
        mine, theirs = (pair[f"{side}CpuPercent"]["median"] for pair in (ours, aiortc))
        words = f"{mine / theirs:.2f} ({mine:.1f} %)"
        return row(f"{side} CPU, of the aiortc {side}'s", "<= 0.33", words, f"1 ({theirs:.1f} %)", mine / theirs <= CPU_RATIO)

    def figure(name: str, key: str, unit: str, limit: float, digits: int) -> dict:
        mine, theirs = (pair[key]["median"] for pair in (ours, aiortc))
        words = [f"{value:.{digits}f} {unit}" for value in (mine, theirs)]
        return row(name, f"<= {limit:g} {unit}", *words, mine <= limit)

    return [
        cpu("server"),
        cpu("client"),
        figure("capture to report, p50", "latencyP50Milliseconds", "ms", LATENCY_MILLISECONDS, 2),
        figure("mean error", "errorMeanPixels", "px", ERROR_PIXELS, 4),
        figure("server memory", "serverResidentMegabytes", "MB", SERVER_MEGABYTES, 0),
        figure("client memory", "clientResidentMegabytes", "MB", CLIENT_MEGABYTES, 0),
    ]


def judge_loss(loss: list[dict]) -> list[dict]:
    found = {pair["pair"]: pair for pair in loss}
    if "ours" not in found or "aiortc" not in found:
        return []
    ours, aiortc = found["ours"], found["aiortc"]

    def recovery(pair: dict) -> str:
        if pair["recoveredRounds"] < pair["rounds"]:
            return f"never in {pair['rounds'] - pair['recoveredRounds']} of {pair['rounds']} rounds"
        return f"{pair['recoverySeconds']['max']:.2f} s at most"

    def freeze(pair: dict) -> str:
        freezes = pair["freezeMedianMilliseconds"]
        return f"{freezes['median']:.0f} ms" if freezes else "none"

    recovered = ours["recoveredRounds"] == ours["rounds"] and ours["recoverySeconds"]["max"] <= RECOVERY_SECONDS
    froze = ours["freezeMedianMilliseconds"]
    return [
        row("latency back after 2 % loss", "<= 1 s", recovery(ours), recovery(aiortc), recovered),
        row(
            "median freeze during the loss",
            "<= 150 ms",
            freeze(ours),
            freeze(aiortc),
            froze is None or froze["median"] <= FREEZE_MILLISECONDS,
        ),
    ]


def judge_recovery(recovery: list[dict]) -> list[dict]:
    found = {pair["pair"]: pair for pair in recovery}
    if "ours" not in found or "aiortc" not in found:
        return []

    def words(pair: dict) -> str:
        seconds = "-" if pair["p50Seconds"] is None else f"{pair['p50Seconds']:.2f} s"
        return f"{seconds}, {pair['back']} of {pair['outages']} outages"

    ours, aiortc = found["ours"], found["aiortc"]
    quicker = aiortc["p50Seconds"] is None or (ours["p50Seconds"] or 0) <= aiortc["p50Seconds"]
    reached = ours["back"] == ours["outages"] and quicker
    return [row("a good picture after an outage, p50", "all, and not later", words(ours), words(aiortc), reached)]


def judge_hostile(kinds: list[dict]) -> list[dict]:
    if not kinds:
        return []
    ratio = max((kind["p95Ratio"] or {"median": float("inf")})["median"] for kind in kinds)
    loss = max(kind["besideLossPercent"]["median"] for kind in kinds)
    return [
        row("p95 beside a hostile peer, of that without", "<= 1.2", f"{ratio:.2f}", None, ratio <= BESIDE_RATIO),
        row("loss beside a hostile peer", "0 %", f"{loss:.2f} %", None, loss <= BESIDE_LOSS),
    ]


def row(quantity: str, target: str, ours: str, aiortc: str | None, reached: bool) -> dict:
    return {"quantity": quantity, "target": target, "ours": ours, "aiortc": aiortc or "", "reached": reached}
