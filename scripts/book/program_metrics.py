"""The metrics of server and client, from the code that writes them: what has no value yet, or not on every machine, is not served."""

import re

from book.exposition import Family

PREFIX = "ballsession_"
TEXT = r'"((?:[^"\\]|\\.)*)"'
# The calls of `process::Exposition`, with the kind that each makes, and whether a label follows.
CALLS = {
    "counter": ("counter", False),
    "counter_of": ("counter", False),
    "counters": ("counter", True),
    "gauge": ("gauge", False),
    "gauge_if_any": ("gauge", False),
    "gauges": ("gauge", True),
    "histogram": ("histogram", False),
}
CALL = re.compile(rf"\.({'|'.join(CALLS)})\(\s*{TEXT},\s*{TEXT}(?:,\s*{TEXT})?")
ERRORS = re.compile(rf"\.errors\({TEXT}")


def families(root, program):
    found = []
    for file in sorted((root / f"workloads/{program}/src").rglob("*.rs")):
        source = file.read_text().partition("#[cfg(test)]")[0]
        if "Exposition" in source:
            found += of_file(source)
    return {family.name: family for family in found}


def of_file(source):
    for call, name, meaning, label in CALL.findall(source):
        kind, is_labelled = CALLS[call]
        yield Family(PREFIX + name, kind, f"{meaning}.", {label} if is_labelled else set())
    for name in ERRORS.findall(source):
        yield Family(PREFIX + name, "counter", "Errors by code.", {"code"})
    if "Exposition::default()" in source:
        yield Family(PREFIX + "build_info", "gauge", "Always 1: the label is the version of the program.", {"version"})
    if ".posts(" in source:
        yield Family(PREFIX + "report_posts", "counter", "Posts to the operator, by result.", {"result"})
