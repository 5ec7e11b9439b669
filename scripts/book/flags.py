"""The page of the programs' flags, from what they print themselves."""

import os
import re
import subprocess

from book.tables import generated, table

PROGRAMS = {
    "ballsession-server": "Streams the ball and measures. [Run it on a laptop](../quick-start-laptop.md).",
    "ballsession-client": "Decodes the video, finds the ball and reports it.",
    "kubectl-ballsession": "[A plugin of kubectl](../plugin.md), which calls it `kubectl ballsession`.",
    "ballsession-operator": "Runs sessions in a cluster. Its manifest, `deploy/base/deployment.yaml`, has what it needs.",
}
INTRODUCTION = """What `--help` prints. A flag counts more than its environment variable. Durations are written like `150ms`, `30s` or `5m`.
"""
OPTION = re.compile(r"\s+(?P<flag>(-\w, )?--[\w-]+( <[^>]+>)?(\.\.\.)?)\s+(?P<meaning>\S.*)")
VARIABLE = re.compile(r"\s*\[env: (\w+)=[^]]*\]")
VALUES = re.compile(r"\s*\[possible values: ([^]]+)\]$")
DEFAULT = re.compile(r"\s*\[default: (.+)\]$")
SECTION = re.compile(r"^(\w+):\n((?:.+\n?)*)", re.MULTILINE)
COMMAND = re.compile(r"^  ([a-z][\w-]*) +(\S.*)$", re.MULTILINE)
# Those that every program has.
OF_ALL = re.compile(r"--(help|version)$")


def page(binaries):
    parts = [INTRODUCTION]
    for program, purpose in PROGRAMS.items():
        text = help_of(binaries / program)
        parts += [f"## {program}\n\n{purpose}\n", options_of(text)]
        for command, meaning in commands_of(text):
            parts += [f"### {program} {command}\n\n{meaning}.\n", options_of(help_of(binaries / program, command))]
    return generated("Flags of the programs", "the programs' --help", *parts)


def help_of(*command):
    # The short one has a line for each option. None of the caller's own settings shows in it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BALLSESSION_")}
    return subprocess.run([*command, "-h"], env=environment, stdout=subprocess.PIPE, text=True, timeout=20, check=True).stdout


def commands_of(text):
    commands = COMMAND.findall(sections(text).get("Commands", ""))
    return [(command, meaning) for command, meaning in commands if command != "help"]


def sections(text):
    return dict(SECTION.findall(text))


def options_of(text):
    return table(["flag", "variable", "default", "meaning"], options(sections(text).get("Options", "")))


def options(text):
    """A row for each option. There is one in each line."""
    rows = []
    for line in text.splitlines():
        option = OPTION.fullmatch(line)
        if not option:
            raise ValueError(f"no option in a line of --help: {line!r}")
        if OF_ALL.search(option["flag"]):
            continue
        variable = VARIABLE.search(option["meaning"])
        meaning = VARIABLE.sub("", option["meaning"])
        values = VALUES.search(meaning)
        meaning = VALUES.sub("", meaning)
        default = DEFAULT.search(meaning)
        cells = [option["flag"], variable[1] if variable else "", default[1] if default else ""]
        meaning = DEFAULT.sub("", meaning) + (f": {values[1]}" if values else "")
        rows.append([*(f"`{cell}`" if cell else "" for cell in cells), meaning])
    return rows
