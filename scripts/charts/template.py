"""Manifests as templates of a chart: other names, another namespace, and the labels that helm's objects have.

It goes by lines, so that the order of keys stays. What values change beside that is in changes.py. Comments stay behind: they speak
of the manifests.
"""

import re

NAMESPACE = "ballsession-system"
# What all names of the manifests begin with, and those of a release by its own name.
PREFIX = "ballsession"
FULL_NAME = '{{ include "ballsession.fullname" . }}'
# Keys whose value may be the name of an object.
NAMING = r"(?:[A-Za-z]*[nN]ame|ballsession\.dev/leader|kubernetes\.io/service-account\.name)"
OPERATOR = "app.kubernetes.io/name: ballsession-operator"
LABELS = ['    {{- include "ballsession.labels" . | nindent 4 }}']
COMMON_ANNOTATIONS = ".Values.commonAnnotations"


class Unfit(Exception):
    """A manifest that no template can be made of."""


def documents(text):
    """The documents of some YAML, each as its lines."""
    found = [[]]
    for line in text.splitlines():
        if line == "---":
            found.append([])
        elif line.strip() and not line.lstrip().startswith("#"):
            found[-1].append(line)
    return [lines for lines in found if lines]


def kind(lines):
    """The kind of an object."""
    return next(line.removeprefix("kind: ") for line in lines if line.startswith("kind: "))


def name(lines):
    """Its name."""
    metadata = lines.index("metadata:")
    return next(line.removeprefix("  name: ") for line in lines[metadata:] if line.startswith("  name: "))


def annotated(values):
    """Annotations of the values, where there are some: below a name, and below those that an object has by itself."""
    begin, end = f"{{{{- with {values} }}}}", "{{- end }}"
    those = "    {{- toYaml . | nindent 4 }}"
    return [f"  {begin}", "  annotations:", those, f"  {end}"], [f"    {begin}", those, f"    {end}"]


def template(lines, names, annotations=COMMON_ANNOTATIONS):
    """The lines of an object as those of a template. `names` are those of all objects that the chart makes, `annotations` what its
    annotations are in the values."""
    metadata = lines.index("metadata:")
    if not any(line == "    app.kubernetes.io/part-of: ballsession" for line in lines):
        raise Unfit(f"{kind(lines)} {name(lines)} lacks the label app.kubernetes.io/part-of")
    out, in_metadata = [], False
    new, more = annotated(annotations)
    for number, line in enumerate(lines):
        if number >= metadata:
            in_metadata = number == metadata or (in_metadata and line.startswith(" "))
        before = lines[number - 1].strip() if number else ""
        out.append(renamed(line, names))
        if in_metadata and line.startswith("  name: ") and "  annotations:" not in lines:
            out.extend(new)
        elif in_metadata and line == "  annotations:":
            out.extend(more)
        elif in_metadata and line == "    app.kubernetes.io/part-of: ballsession":
            out.extend(LABELS)
        elif before in ("selector:", "matchLabels:") and line.strip() == OPERATOR:
            out.append(line.replace(OPERATOR, "app.kubernetes.io/instance: {{ .Release.Name }}"))
    return out


def renamed(line, names):
    """A line with the names that the release's objects have."""
    line = line.replace("{{", '{{ "{{" }}')
    # The labels stay what they are: sessions find the operator by them.
    if "app.kubernetes.io/" in line and "kubectl" not in line:
        return line
    line = line.replace(NAMESPACE, "{{ .Release.Namespace }}")
    value = re.fullmatch(rf"(\s*(?:- )?(?:{NAMING}: )?)([a-z0-9-]+)", line) or re.fullmatch(
        r"(\s*(?:- )?resourceNames: \[)([a-z0-9-]+)(\])", line
    )
    if value and value[2] in names and value[1].strip():
        line = value[1] + FULL_NAME + value[2].removeprefix(PREFIX) + "".join(value.groups()[2:])
    return line


def conditional(lines, condition):
    """Lines that are there only under a condition."""
    return [f"{{{{- if {condition} }}}}", *lines, "{{- end }}"] if condition else lines


def followed(lines, table):
    """`lines` with more after each one that is as a pattern of `table` says; the pattern's groups may stand in it."""
    out, found = [], set()
    for line in lines:
        out.append(line)
        for pattern, more in table.items():
            if match := re.fullmatch(pattern, line):
                found.add(pattern)
                out.extend(match.expand(more).strip("\n").split("\n"))
    if gone := table.keys() - found:
        raise Unfit(f"no line is like {', '.join(sorted(gone))}: scripts/charts/changes.py has to follow")
    return out


def block(lines, anchor):
    """Where the line `anchor` and what belongs to it stands, as a pair of numbers. It has to be there exactly once."""
    found = [number for number, line in enumerate(lines) if line == anchor]
    if len(found) != 1:
        raise Unfit(f"the line {anchor!r} is there {len(found)} times, not once: scripts/charts/changes.py has to follow")
    depth = len(anchor) - len(anchor.lstrip())
    end = found[0] + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > depth):
        end += 1
    return found[0], end


def changed(lines, changes):
    """`lines` with the block of each line in `changes` replaced by other lines. Behind "after:" they come after the block."""
    for anchor, replacement in changes.items():
        after = anchor.startswith("after:")
        begin, end = block(lines, anchor.removeprefix("after:"))
        lines = lines[: end if after else begin] + replacement.strip("\n").split("\n") + lines[end:]
    return lines
