"""The reasons of the conditions, from the code that names them, and where the book says what to do about each."""

import re
from dataclasses import dataclass

from book import markdown
from book.tables import generated, table

INTRODUCTION = """The reasons that a session's conditions may have. Of those of `Ready` and of `ObjectivesMet` that apply the first in these
tables is shown. The names are an interface: scripts may match on them.
"""


@dataclass
class Enumeration:
    """An enum of the code whose variants are reasons, and whose `as_str` has their names."""

    file: str
    name: str


OPERATOR, VERDICT = "operator/src/controller/observe/reason.rs", "workloads/measure/src/verdict/reason.rs"
CONDITIONS = {
    "Ready": [Enumeration(OPERATOR, "Reason")],
    "ObjectivesMet": [Enumeration(VERDICT, "Reason"), Enumeration(VERDICT, "Pending")],
    "Complete": [Enumeration("operator/src/run/completion.rs", "Completion"), Enumeration("operator/src/run/outcome.rs", "Outcome")],
}
# Said where nothing is missed; and of a run that was given up, why, where what was measured until then would have been good.
MET = ("Met", "All numbers are within their objectives.")
GIVEN_UP = ["StartDeadlineExceeded", "Failed"]
CODES = Enumeration("workloads/report/src/codes.rs", "ErrorCode")
RUNBOOKS = {"Ready": "ready", "ObjectivesMet": "objectives-met", "Complete": "complete", "Stalled": "stalled"}


def of_condition(root, condition):
    """Its reasons with their meanings, in the order of the code."""
    found = [MET] if condition == "ObjectivesMet" else []
    for enumeration in CONDITIONS[condition]:
        found += variants(root, enumeration)
    if condition == "ObjectivesMet":
        found += [outcome for outcome in of_condition(root, "Complete") if outcome[0] in GIVEN_UP]
    return found


def variants(root, enumeration):
    """Of each variant without values its name and what its comment says. One with values names other reasons."""
    source = (root / enumeration.file).read_text()
    body = re.search(rf"^pub(?:\([^)]*\))? enum {enumeration.name} \{{\n(.*?)^\}}", source, re.DOTALL | re.MULTILINE)[1]
    found = []
    comment = []
    for line in map(str.strip, body.splitlines()):
        if line.startswith("///"):
            comment.append(line.removeprefix("///").strip())
        else:
            if re.fullmatch(r"\w+,", line):
                found.append((line.rstrip(","), " ".join(comment)))
            comment = []
    return found


def page(root):
    parts = [INTRODUCTION]
    for condition in CONDITIONS:
        runbook = f"../runbooks/{RUNBOOKS[condition]}.md"
        rows = [(f"[{name}]({runbook}#{markdown.slug(name)})", meaning) for name, meaning in of_condition(root, condition)]
        parts += [f"## {condition}\n", table(["reason", "meaning"], rows)]
    parts.append(
        "## Stalled\n\nThe reason of `Stalled` is that of `Ready`; it is there only while [waiting does not help](../runbooks/stalled.md).\n"
    )
    rows = [(f"`{code}`", meaning) for code, meaning in variants(root, CODES)]
    parts += ["## Codes of errors\n\nIn `status.errors`, in summaries, and as a label of `ballsession_errors_total`.\n", table(["code", "meaning"], rows)]
    return generated("Reasons of the conditions", "the code's enums of reasons", *parts)
