"""The notes of a release: a file a change in docs/releases/unreleased, put together by what it means to a user."""

import argparse
import re
import sys
from pathlib import Path

FOLDER = "docs/releases/unreleased"
# In the order in which a reader needs them.
KINDS = {
    "breaking": "What you have to do",
    "security": "Security",
    "added": "New",
    "changed": "Changed",
    "fixed": "Fixed",
}
NAME = re.compile(rf"([a-z0-9][a-z0-9-]*)\.({'|'.join(KINDS)})\.md")


class Unfit(Exception):
    """Notes that nobody can be given."""


def fragments(folder):
    """The texts by kind, in the order of their files' names."""
    found = {kind: [] for kind in KINDS}
    for file in sorted(folder.glob("*")):
        if file.name == "README.md":
            continue
        name = NAME.fullmatch(file.name)
        if not name:
            raise Unfit(f"{file.name}: a note's name is NAME.KIND.md, where KIND is one of {', '.join(KINDS)}")
        text = file.read_text().strip()
        if not text:
            raise Unfit(f"{file.name} is empty")
        if re.search(r"^#", text, re.MULTILINE):
            raise Unfit(f"{file.name} has a heading: those are of the kinds")
        found[name[2]].append(text)
    return found


def notes(version, found):
    """The notes as Markdown."""
    if not re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?", version):
        raise Unfit(f"{version!r} is no version: it must be like 1.2.3 or 1.2.3-rc.1")
    sections = [f"## {title}\n\n" + "\n".join(entry(text) for text in found[kind]) for kind, title in KINDS.items() if found[kind]]
    if not sections:
        raise Unfit(f"there is nothing in {FOLDER}: a release without a change is none")
    return f"# BallSession {version}\n\n" + "\n\n".join(sections) + "\n"


def entry(text):
    """A text as an entry of a list, its further lines below it."""
    return "- " + "\n".join(line and f"  {line}" for line in text.splitlines()).strip()


def main():
    arguments = argparse.ArgumentParser(prog="release-notes")
    arguments.add_argument("version")
    arguments.add_argument("--write", action="store_true", help="keep them in docs/releases, and remove what they were made of")
    arguments.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="the tree to work on")
    options = arguments.parse_args()
    folder = options.root / FOLDER
    try:
        text = notes(options.version, fragments(folder))
    except Unfit as error:
        sys.exit(f"release-notes: {error}")
    if not options.write:
        print(text, end="")
        return
    (folder.parent / f"{options.version}.md").write_text(text)
    for file in folder.glob("*"):
        if file.name != "README.md":
            file.unlink()


if __name__ == "__main__":
    main()
