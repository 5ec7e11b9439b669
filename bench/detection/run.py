"""Case after case: several at once where they do not need the machine for themselves."""

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from detection.cases import Case, cases
from detection.cgroup import why_impossible
from detection.faults import inject
from detection.observer import Observer, Said
from detection.outcome import outcome
from detection.session import WINDOW, Session

# Until all is well at first, and for how long that has to remain so.
WARM_UP, STEADY = 45.0, 2.0
# What happens in a fault's last moment is in the window 3 s later, if it is in it at all.
SEEN_AFTER = 6.0
# A window that has forgotten it, 3 s behind, 10 s of damping, and a little patience.
TRUE_AFTER = WINDOW + 3 + 10 + 7
# A session takes a tenth of a core or two, most of the time nothing happens in it.
CASES_PER_CORE = 2

Say = Callable[[str], None]


def measure(quiet_seconds: float, pattern: str, say: Say) -> list[dict]:
    """A row for each case whose name contains `pattern`, in the order of the table."""
    chosen = [case for case in cases(quiet_seconds) if pattern in case.name]
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
        session = Session(Path(folder), number, case.video, case.background, case.required(), has_groups)
        try:
            return {**row, **observe(case, session)}
        except (AssertionError, OSError) as error:
            return {**row, "problems": [f"could not be measured: {error}"]}
        finally:
            session.end()


def observe(case: Case, session: Session) -> dict:
    case.fault.prepare(session)
    for name in case.client_names():
        session.start_client(name)
    with Observer(session, case.required()) as observer:
        observer.wait(is_true, time.monotonic() + WARM_UP)
        time.sleep(STEADY)
        began, ended, done = inject(case.fault, session)
        if case.expected.reasons:
            observer.wait(lambda verdicts: any(turned(verdicts, began)), ended + SEEN_AFTER)
            if any(turned(observer.account.verdicts, began)):
                observer.wait(is_true, ended + TRUE_AFTER)
        else:
            time.sleep(WINDOW + SEEN_AFTER)
        # What is true for a moment only is not.
        time.sleep(STEADY)
    network = (session.status() or {}).get("network") or {}
    code, _ = session.stop()
    account = observer.account
    return {
        "done": done,
        **outcome(case.expected, account, network, began, ended),
        "exitCode": code,
        "longestSilenceSeconds": account.longest_silence,
        "answers": account.answers,
        "network": network,
    }


def is_true(verdicts: list[Said]) -> bool:
    return bool(verdicts) and verdicts[-1].met is True


def turned(verdicts: list[Said], began: float) -> list[bool]:
    """Whether it was False after `began`, verdict by verdict."""
    return [said.met is False for said in verdicts if said.at >= began]


def in_words(row: dict) -> str:
    """A row as a line of the log."""
    if "leftOut" in row:
        return row["leftOut"]
    if row["problems"]:
        return "; ".join(row["problems"])
    if row["seen"] is None:
        return "nothing said, as it should be"
    return f"{row['seen']['reason']} after {row['secondsToFalse']:.1f} s, True again after {row['secondsToTrue']:.1f} s"
