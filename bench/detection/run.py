"""Case after case: several at once where they do not need the machine for themselves."""

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from measure.programs import until

from detection.cases import Case
from detection.cgroup import why_impossible
from detection.faults import inject
from detection.observer import Observer, Verdict
from detection.outcome import outcome
from detection.session import WINDOW, Session

# Until all is well at first, and for how long that has to remain so.
WARM_UP, STEADY = 45.0, 2.0
# What happens in a fault's last moment is in the window 3 s later, if it is in it at all.
DETECTED_AFTER = 6.0
# A window that has forgotten it, 3 s behind, 10 s of damping, and a little patience.
TRUE_AFTER = WINDOW + 3 + 10 + 7
# As asked for, or because the run as a whole did not meet what is required.
SERVER_CODES = (0, 3)
# A session takes a tenth of a core or two, most of the time nothing happens in it.
CASES_PER_CORE = 2

Say = Callable[[str], None]


def measure(chosen: list[Case], say: Say) -> list[dict]:
    """A row for each case, in their order."""
    impossible = why_impossible()
    if impossible:
        say(f"no program's processor time can be limited here, which leaves some faults out: {impossible}")
    rows: dict[str, dict] = {}

    def one(case: Case) -> None:
        number = chosen.index(case)
        if case.fault.needs_groups and impossible:
            rows[case.name] = {"fault": case.name, "leftOut": f"no limits: {impossible}"}
        else:
            rows[case.name] = run(case, number, impossible is None)
        say(f"{case.name}: {in_words(rows[case.name])}")

    with ThreadPoolExecutor((os.cpu_count() or 1) * CASES_PER_CORE) as pool:
        list(pool.map(one, [case for case in chosen if not case.is_alone]))
    for case in chosen:
        if case.is_alone:
            one(case)
    return [rows[case.name] for case in chosen]


def run(case: Case, number: int, has_groups: bool) -> dict:
    """One case, from an empty folder to the last program's end."""
    row = {"fault": case.name, "expected": list(case.expected.reasons), "expectedCauses": list(case.expected.causes)}
    with tempfile.TemporaryDirectory(prefix="ballsession-detection.") as folder:
        try:
            session = Session(Path(folder), number, case.video, case.background, case.required(), has_groups)
            try:
                return {**row, **observe(case, session)}
            finally:
                session.end()
        except (AssertionError, OSError) as error:
            return {**row, "problems": [f"could not be measured: {error}"]}


def observe(case: Case, session: Session) -> dict:
    case.fault.prepare(session)
    for name in case.client_names():
        session.start_client(name)
    names = set(case.client_names())
    until(f"reports of {names}", lambda: names <= session.reporting())
    with Observer(session, case.required()) as observer:
        observer.wait(is_true, time.monotonic() + WARM_UP)
        time.sleep(STEADY)
        began, ended, injected = inject(case.fault, session)
        if case.expected.reasons:
            observer.wait(lambda verdicts: any(turned(verdicts, began)), ended + DETECTED_AFTER)
            if any(turned(observer.observed.verdicts, began)):
                observer.wait(is_true, ended + TRUE_AFTER)
        else:
            time.sleep(WINDOW + DETECTED_AFTER)
        # What is true for a moment only is not.
        time.sleep(STEADY)
    network = (session.status() or {}).get("network") or {}
    code = session.stop()
    row = outcome(case.expected, observer.observed, network, began, ended)
    if code not in SERVER_CODES:
        row["problems"].append(f"the server ended with {code}")
    return {
        "injected": injected,
        **row,
        "exitCode": code,
        "longestWaitSeconds": observer.observed.longest_wait,
        "answers": observer.observed.answers,
        "network": network,
    }


def is_true(verdicts: list[Verdict]) -> bool:
    return bool(verdicts) and verdicts[-1].met is True


def turned(verdicts: list[Verdict], began: float) -> list[bool]:
    """Whether it was False after `began`, verdict by verdict."""
    return [verdict.met is False for verdict in verdicts if verdict.at >= began]


def in_words(row: dict) -> str:
    """A row as a line of the log."""
    if "leftOut" in row:
        return row["leftOut"]
    if row["problems"]:
        return "; ".join(row["problems"])
    if row["detected"] is None:
        return "True throughout, as expected"
    first, back = row["secondsToFalse"], row["secondsToTrue"]
    return f"{row['detected']['reason']} after {first:.1f} s, True again {back:.1f} s after the end"
