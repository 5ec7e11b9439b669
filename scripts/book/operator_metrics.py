"""The operator's metrics, from the code that registers them: one that has counted nothing yet is not served."""

import re

from book.exposition import Family

SOURCE, PREFIX = "operator/src", "ballsession_operator_"
TEXT = r'"((?:[^"\\]|\\.)*)"'
HELP = re.compile(rf"let help\s*=\s*{TEXT};")
# A name, what is said of it, and the field of a struct that it is kept in; or its kind, where it is made at every scrape.
REGISTERED = re.compile(rf"registry\.register\(\s*{TEXT},\s*(?:{TEXT}|help),\s*metrics\.(\w+)")
DESCRIBED = re.compile(rf"encode_descriptor\(\s*{TEXT},\s*(?:{TEXT}|help),\s*None,\s*MetricType::(\w+)\)")
GAUGES = re.compile(rf"\b(?:text\.gauges?|self\.gauges|each)\(\s*{TEXT},\s*{TEXT}")
# Of gauges that are made at every scrape: those of a session, and the others that have labels.
OF_SESSION = {"namespace", "session"}
LABELS = {
    "session_server_zone": {*OF_SESSION, "zone"},
    "build_info": {"version"},
    "sessions": {"ready"},
    "sessions_by_path": {"path"},
    "watch_failing": {"watch"},
    "watch_failures": {"watch"},
}


def families(root):
    found = []
    for file in sorted((root / SOURCE).rglob("*.rs")):
        source = file.read_text().partition("#[cfg(test)]")[0]
        if "prometheus_client" in source:
            found += of_file(source)
    return {family.name: family for family in found}


def of_file(source):
    prefix = PREFIX + "".join(f"{name}_" for name in re.findall(rf"sub_registry_with_prefix\({TEXT}\)", source))
    for match in REGISTERED.finditer(source):
        name, meaning, field = match.groups()
        kind, labels = of_field(source, field)
        yield Family(prefix + name, kind, sentence(meaning or help_before(source, match)), labels)
    for match in DESCRIBED.finditer(source):
        name, meaning, kind = match.groups()
        yield Family(prefix + name, kind.lower(), sentence(meaning or help_before(source, match)), LABELS.get(name, set()))
    for name, meaning in GAUGES.findall(source):
        yield Family(prefix + name, "gauge", sentence(meaning), LABELS.get(name, OF_SESSION if name.startswith("session_") else set()))


def of_field(source, field):
    """The kind of a metric and its labels, by the type of its field."""
    kind = re.search(rf"\b{field}: (?:Family<(.+), )?(Counter|Gauge|Histogram)(?:<[^>]*>)?>?,", source)
    if kind is None:
        raise ValueError(f"no field {field} that is a counter, a gauge or a histogram")
    labels, kind = kind.groups()
    if labels is None:
        return kind.lower(), set()
    if labels.startswith("["):
        counted = re.search(rf"\b{field}\s*\.get_or_create\(&\[(.*?)\]\)", source, re.DOTALL)[1]
        return kind.lower(), set(re.findall(rf"\({TEXT},", counted))
    body = re.search(rf"struct {labels} \{{(.*?)\}}", source, re.DOTALL)[1]
    return kind.lower(), set(re.findall(r"(\w+):", re.sub(r"//.*", "", body)))


def help_before(source, match):
    return [text[1] for text in HELP.finditer(source, 0, match.start())][-1]


def sentence(meaning):
    return " ".join(meaning.split()).rstrip(".") + "."
