"""Measures, and writes results/last.json, results/sessions.svg and the README's last part. Parts that are not asked for
keep the results that they have."""

import argparse
import json
import sys
import time

from detection.cases import cases
from detection.run import measure as detection
from detection.table import detection_table

from measure import hostile, loss, machine, operator, pairs, recovery, sessions, stages
from measure.plot import sessions_plot
from measure.programs import BENCH
from measure.table import markdown
from measure.targets import judge

PARTS = ("stages", "sessions", "pairs", "loss")
# Faults take most of an hour, so that they are done only where they are asked for.
DETECTION = "detection"
# Ten minutes each.
BESIDE = ("hostile", "recovery")
# Needs an API server of its own, in whose network it is measured.
OPERATOR = "operator"
RESULTS = BENCH / "results" / "last.json"
PLOT = BENCH / "results" / "sessions.svg"
README = BENCH / "README.md"
LAST_RUN = "<!-- What follows is written by `make bench`. -->\n"


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of everything but sessions; figures are medians")
    parser.add_argument("--seconds", type=int, default=10, help="measured of each run, at least 5")
    only = "of detection: only faults whose name contains this, shown and not recorded"
    parser.add_argument("--cases", default="", metavar="TEXT", help=only)
    parser.add_argument("--quiet-minutes", type=float, default=20, help="of detection: how long nothing happens")
    parser.add_argument(
        "parts",
        nargs="*",
        choices=[[], *PARTS, *BESIDE, DETECTION, OPERATOR],
        default=[],
        help=f"if none is named: {', '.join(PARTS)}",
    )
    parser.add_argument("--operator-sessions", type=int, default=1000, metavar="N", help="of operator: how many")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or not 5 <= arguments.seconds <= 600:
        parser.error("--rounds must be at least 1, --seconds 5 to 600")
    if OPERATOR in arguments.parts and (len(arguments.parts) > 1 or not operator.is_possible()):
        parser.error(f"{OPERATOR} is measured by itself, beside the API server for tests that KUBECONFIG names")

    chosen = [case for case in cases(arguments.quiet_minutes * 60) if arguments.cases in case.name]
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for part in arguments.parts or PARTS:
        if part == "loss" and not loss.is_possible():
            say("loss is left out: no nft that may drop packets in this network namespace")
            continue
        measured = {
            "stages": lambda: stages.measure(arguments.rounds, say),
            "sessions": lambda: sessions.measure(arguments.seconds, say),
            "pairs": lambda: pairs.measure(arguments.rounds, arguments.seconds, say),
            "loss": lambda: loss.measure(arguments.rounds, say),
            "hostile": lambda: hostile.measure(arguments.rounds, arguments.seconds, say),
            "recovery": lambda: recovery.measure(arguments.rounds, say),
            DETECTION: lambda: detection(chosen, say),
            OPERATOR: lambda: operator.measure(arguments.operator_sessions, say),
        }[part]()
        if part == DETECTION and arguments.cases:
            print(detection_table(measured))
            continue
        results[part] = measured
        results.setdefault("measured", {})[part] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "rounds": 1 if part in ("sessions", DETECTION, OPERATOR) else arguments.rounds,
            "seconds": arguments.seconds,
        }
        results["machine"] = machine.describe()
        write(results)
    print(markdown(results, judge(results)))


def write(results: dict) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    if results.get("sessions"):
        PLOT.write_text(sessions_plot(results["sessions"]))
    head, _, _ = README.read_text().partition(LAST_RUN)
    README.write_text(head + LAST_RUN + "\n" + last_run(results))


def last_run(results: dict) -> str:
    """The README's part on the last run."""
    described = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in described["versions"].items())
    when = "; ".join(
        f"{part} {how['at']}, {how['rounds']} round{'s' if how['rounds'] > 1 else ''}"
        for part, how in results["measured"].items()
    )
    where = f"{described['cpu']}, {described['cores']} cores, Linux {described['kernel']}"
    return f"{where}; {versions}. Measured: {when}.\n\n{markdown(results, judge(results))}"


if __name__ == "__main__":
    main()
