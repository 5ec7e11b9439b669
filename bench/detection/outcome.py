"""Compares the verdicts that were observed with those that a fault must give rise to."""

from dataclasses import dataclass

from detection.observer import Observed, Verdict

# Reasons that any fault may have too: what becomes of a stream that does not get through.
CONSEQUENCES = {"LatencyTooHigh", "LossTooHigh", "DeliveredTooLow", "FreezeTooLong"}
UNKNOWN = "Unknown"


@dataclass(frozen=True)
class Expected:
    """The verdicts that have to come."""

    # The first reason is one of these; where there is none, it stays True.
    reasons: tuple[str, ...] = ()
    # This one has to come too, first or later.
    then: str | None = None
    # These may come too.
    also: tuple[str, ...] = ()
    # Every cause is one of these, or not known yet.
    causes: tuple[str, ...] = (UNKNOWN,)
    # Who has it; None: nobody more than others. Our clients name their node, others do not.
    client: str | None = None
    has_node: bool = True
    # Within so many seconds of the fault's beginning.
    within: float = 10.0
    # Counts of the summary's `network` that are above zero at the end.
    counted: tuple[str, ...] = ()


def outcome(expected: Expected, observed: Observed, network: dict, began: float, ended: float) -> dict:
    """A fault's figures, and all that was not as expected. `network` is the summary's, at the end."""
    before = [verdict for verdict in observed.verdicts if verdict.at < began]
    after = [verdict for verdict in observed.verdicts if verdict.at >= began]
    false = [verdict for verdict in after if verdict.met is False]
    true_again = back(after, ended)
    problems = []
    if not observed.verdicts:
        problems.append("no verdict at all")
    elif not before or before[-1].met is not True:
        problems.append("not True before the fault")
    if observed.contradiction_count:
        problems.append(f"True beside {observed.contradictions[0]} ({observed.contradiction_count} times)")
    if expected.reasons:
        problems += differences(expected, false, began)
        if false and true_again is None:
            problems.append("True while it lasted" if after[-1].met else "not True again")
    else:
        problems += [f"false alarm: {verdict.reason}" for verdict in false[:1]]
        problems += [f"not known: {verdict.reason}" for verdict in after if verdict.met is None][:1]
    problems += [f"no {name} counted" for name in expected.counted if not network.get(name)]
    first = false[0] if false else None
    return {
        "detected": first and {"reason": first.reason, "client": first.client, "node": first.node},
        "message": first and first.message,
        "reasons": distinct(verdict.reason for verdict in false),
        "causes": distinct(verdict.cause for verdict in false),
        "secondsToFalse": first and first.at - began,
        "secondsToTrue": true_again.at - ended if first and true_again else None,
        "problems": problems,
    }


def differences(expected: Expected, false: list[Verdict], began: float) -> list[str]:
    """How the verdicts differ from those that should have come."""
    if not false:
        return ["not detected"]
    problems = []
    if false[0].reason not in expected.reasons:
        problems.append(f"wrong reason: {false[0].reason}")
    allowed = {*expected.reasons, expected.then, *expected.also, *CONSEQUENCES}
    later = distinct(verdict.reason for verdict in false[1:])
    problems += [f"wrong reason: {reason}" for reason in later if reason not in allowed]
    if expected.then and all(verdict.reason != expected.then for verdict in false):
        problems.append(f"never {expected.then}")
    if false[0].at - began > expected.within:
        problems.append(f"later than {expected.within:g} s")
    known = {verdict.cause for verdict in false} - {None, UNKNOWN}
    problems += [f"wrong cause: {cause}" for cause in sorted(known - set(expected.causes))]
    if not known and UNKNOWN not in expected.causes:
        problems.append("cause not known")
    if expected.client is not None:
        others = {verdict.client for verdict in false if verdict.client != expected.client}
        problems += [f"wrong client: {client or 'none'}" for client in sorted(others, key=str)]
        node = f"node-{expected.client}" if expected.has_node else None
        nodes = {verdict.node for verdict in false if verdict.client == expected.client}
        problems += [f"wrong node: {other or 'none'}" for other in sorted(nodes - {node}, key=str)]
    return problems


def back(after: list[Verdict], ended: float) -> Verdict | None:
    """The verdict with which all was well again once the fault was over, and remained so."""
    if not after or after[-1].met is not True or after[-1].at < ended:
        return None
    return after[-1]


def distinct(values: object) -> list:
    """Each once, in the order in which they came."""
    return list(dict.fromkeys(value for value in values if value is not None))
