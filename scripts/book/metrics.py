"""The page of the metrics, from the code; and whether running programs serve what it says."""

from book import exposition, operator_metrics, program_metrics, programs
from book.tables import generated, table

INTRODUCTION = """What the programs serve on `/metrics`, port 8081 in pods. A counter is queried by its name with `_total`, a histogram by
its name with `_bucket`, `_sum` or `_count`. What has no value yet is not served. A Prometheus that is set up by `deploy/monitoring`
adds `namespace` and `pod` to all series, and `session` and `component` to those of servers and clients. Which of them alerts use is
in [Alerts](../runbooks/index.md#alerts).
"""


def in_code(root):
    return {
        "ballsession-server": program_metrics.families(root, "server"),
        "ballsession-client": program_metrics.families(root, "client"),
        "ballsession-operator": operator_metrics.families(root),
    }


def page(root):
    parts = [INTRODUCTION]
    for program, families in in_code(root).items():
        rows = [
            (f"`{family.series}`", family.kind, ", ".join(f"`{label}`" for label in sorted(family.labels)), family.meaning)
            for _, family in sorted(families.items())
        ]
        parts += [f"## {program}\n", table(["series", "type", "labels", "meaning"], rows)]
    return generated("Metrics", "the programs' code", *parts)


def complaints(root, binaries):
    """What running programs serve otherwise than the code was read."""
    known = in_code(root)
    with programs.running(binaries) as served:
        return [line for program, text in served.items() for line in unlike(program, exposition.families(text), known[program])]


def unlike(program, served, known):
    for name, family in served.items():
        read = known.get(name)
        # Labels are served with values only.
        is_alike = read and (read.kind, read.meaning) == (family.kind, family.meaning) and family.labels in (set(), read.labels)
        if not is_alike:
            yield f"{program} serves {family}, and scripts/book reads {read} in its code"
