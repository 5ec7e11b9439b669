"""The page of the programs' flags, from what they print themselves."""

import os
import re
import subprocess

from book.tables import generated, table

PROGRAMS = {
    "ballsession-server": "Streams the ball and measures. [Run it on a laptop](../quick-start-laptop.md).",
    "ballsession-client": "Decodes the video, finds the ball and reports it.",
    "ballsession-operator": "Runs sessions in a cluster. Its manifest, `deploy/base/deployment.yaml`, has what it needs.",
}
INTRODUCTION = """What `--help` prints. A flag counts more than its environment variable. Durations are written like `150ms`, `30s` or `5m`.
"""
OPTION = re.compile(r"\s+(?P<flag>(-\w, )?--[\w-]+( <[^>]+>)?(\.\.\.)?)\s+(?P<meaning>\S.*)")
VARIABLE = re.compile(r"\s*\[env: (\w+)=[^]]*\]")
DEFAULT = re.compile(r"\s*\[default: (.+)\]$")


def page(binaries):
    parts = [INTRODUCTION]
    for program, purpose in PROGRAMS.items():
        parts.append(f"## {program}\n\n{purpose}\n")
        parts.append(table(["flag", "variable", "default", "meaning"], options(help_of(binaries / program))))
    return generated("Flags of the programs", "the programs' --help", *parts)


def help_of(program):
    # None of the caller's own settings shows in it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BALLSESSION_")}
    return subprocess.run([program, "--help"], env=environment, stdout=subprocess.PIPE, text=True, timeout=20, check=True).stdout


def options(text):
    """A row for each option, those of help and version apart. There is one in each line."""
    rows = []
    for line in text.partition("Options:\n")[2].splitlines():
        option = OPTION.fullmatch(line)
        if not option:
            raise ValueError(f"no option in a line of --help: {line!r}")
        meaning = option["meaning"]
        variable = VARIABLE.search(meaning)
        meaning = VARIABLE.sub("", meaning)
        default = DEFAULT.search(meaning)
        if variable:
            cells = [option["flag"], variable[1], default[1] if default else ""]
            rows.append([*(f"`{cell}`" if cell else "" for cell in cells), DEFAULT.sub("", meaning)])
    return rows
