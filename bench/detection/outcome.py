"""Compares what was said of a fault with what was done."""

from dataclasses import dataclass

from detection.observer import Account, Said

# What else may be said while a fault lasts: what a stream that does not get through comes to, sooner or later.
CONSEQUENCES = {"LatencyTooHigh", "LossTooHigh", "DeliveredTooLow", "FreezeTooLong"}
UNKNOWN = "Unknown"


@dataclass(frozen=True)
class Expected:
    """What has to be said."""

    # The first reason is one of these; where there is none, it stays True.
    reasons: tuple[str, ...] = ()
    # This one has to be said as well, first or later.
    then: str | None = None
    # These may be said too.
    also: tuple[str, ...] = ()
    # Every cause that is said is one of these, or not known yet; with Unknown alone none may be said.
    causes: tuple[str, ...] = (UNKNOWN,)
    # Who has it; None: nobody more than others.
    client: str | None = None
    # Within so many seconds of the fault's beginning.
    within: float = 10.0
    # Counts of the summary's `network` that are above zero at the end.
    counted: tuple[str, ...] = ()


def outcome(expected: Expected, account: Account, network: dict, began: float, ended: float) -> dict:
    """A fault's figures, and all that was not as it should be. `network` is the summary's, at the end."""
    before = [said for said in account.verdicts if said.at < began]
    after = [said for said in account.verdicts if said.at >= began]
    false = [said for said in after if said.met is False]
    true_again = back(after, ended)
    problems = []
    if not account.verdicts:
        problems.append("no verdict at all")
    elif not before or before[-1].met is not True:
        problems.append("not True before the fault")
    if account.beside_true_count:
        problems.append(f"True beside {account.beside_true[0]} ({account.beside_true_count} times)")
    if expected.reasons:
        problems += differences(expected, false, began)
        if false and true_again is None:
            problems.append("True while it lasted" if after[-1].met else "not True again")
    else:
        problems += [f"false alarm: {said.reason}" for said in false[:1]]
        problems += [f"not known: {said.reason}" for said in after if said.met is None][:1]
    problems += [f"no {name} counted" for name in expected.counted if not network.get(name)]
    return {
        "seen": None if not false else {"reason": false[0].reason, "client": false[0].client, "node": false[0].node},
        "message": false[0].message if false else None,
        "reasons": distinct(said.reason for said in false),
        "causes": distinct(said.cause for said in false),
        "secondsToFalse": false[0].at - began if false else None,
        "secondsToTrue": true_again.at - ended if false and true_again else None,
        "problems": problems,
    }


def differences(expected: Expected, false: list[Said], began: float) -> list[str]:
    """How the verdicts differ from those that should have come."""
    if not false:
        return ["not seen"]
    problems = []
    if false[0].reason not in expected.reasons:
        problems.append(f"wrong reason: {false[0].reason}")
    allowed = {*expected.reasons, expected.then, *expected.also, *CONSEQUENCES}
    problems += [f"wrong reason: {reason}" for reason in distinct(said.reason for said in false[1:]) if reason not in allowed]
    if expected.then and all(said.reason != expected.then for said in false):
        problems.append(f"never {expected.then}")
    if false[0].at - began > expected.within:
        problems.append(f"later than {expected.within:g} s")
    known = {said.cause for said in false} - {None, UNKNOWN}
    problems += [f"wrong cause: {cause}" for cause in sorted(known - set(expected.causes))]
    if not known and UNKNOWN not in expected.causes:
        problems.append("cause not known")
    if expected.client is not None:
        others = {said.client for said in false if said.client != expected.client}
        problems += [f"wrong client: {client or 'none'}" for client in sorted(others, key=str)]
        wrong_nodes = {said.node for said in false if said.client == expected.client} - {f"node-{expected.client}"}
        problems += [f"wrong node: {node or 'none'}" for node in sorted(wrong_nodes, key=str)]
    return problems


def back(after: list[Said], ended: float) -> Said | None:
    """The verdict with which all was well again once the fault was over, and remained so."""
    if not after or after[-1].met is not True or after[-1].at < ended:
        return None
    return after[-1]


def distinct(values: object) -> list:
    """Each once, in the order in which they came."""
    return list(dict.fromkeys(value for value in values if value is not None))
