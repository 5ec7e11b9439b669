"""Runs the commands that a page shows, in their order and in one shell, and compares what they print with what it says."""

import argparse
import os
import re
import selectors
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from book import markdown

PAGES = {"laptop": "docs/quick-start-laptop.md", "cluster": "docs/quick-start-cluster.md"}
LIMIT_SECONDS = 240
ANYTHING = "…"


@dataclass
class Command:
    text: str
    expected: list[str]
    line: int


def commands(text):
    """The commands of all console blocks: what follows a `$`, up to where a document in the shell ends; then what they print."""
    found = []
    for block in (block for block in markdown.parse(text).blocks if block.language == "console"):
        end = None
        for offset, line in enumerate(block.text.splitlines(), 1):
            if end is not None:
                found[-1].text += "\n" + line
                end = None if line == end else end
            elif line.startswith("$ "):
                found.append(Command(line[2:], [], block.line + offset))
                document = re.search(r"<< '(\w+)'", line)
                end = document[1] if document else None
            else:
                found[-1].expected.append(line)
    return found


def differs(expected, printed):
    """What is wrong with the lines that were printed; `…` is any text in a line, and by itself any lines."""
    if not expected:
        return None
    parts = [r"(?:[^\n]*\n)*?" if line == ANYTHING else pattern(line) + r"\n" for line in expected]
    is_as_expected = re.fullmatch("".join(parts), "".join(line.rstrip() + "\n" for line in printed))
    return None if is_as_expected else "expected:\n  " + "\n  ".join(expected) + "\nprinted:\n  " + "\n  ".join(printed)


def pattern(line):
    return ".*".join(re.escape(part) for part in line.rstrip().split(ANYTHING))


class Shell:
    """One shell for all commands, so that jobs and files of one are there for the next."""

    def __init__(self, wrapper, folder):
        self.process = subprocess.Popen(
            [*wrapper, "bash"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.rest = b""

    def run(self, command):
        """What it prints, and its exit status."""
        mark = f"end-{uuid.uuid4().hex}"
        # The status is kept for a command that asks for it.
        script = f"{command}\nstatus=$?; printf '\\n{mark} %s\\n' \"$status\"; (exit \"$status\")\n"
        self.process.stdin.write(script.encode())
        self.process.stdin.flush()
        deadline = time.monotonic() + LIMIT_SECONDS
        while (ended := re.search(rb"\n" + mark.encode() + rb" (\d+)\n", self.rest)) is None:
            left = deadline - time.monotonic()
            read = os.read(self.process.stdout.fileno(), 65536) if left > 0 and self.selector.select(left) else b""
            if not read:
                return self.rest.decode(errors="replace").splitlines() + [f"(no end within {LIMIT_SECONDS} s, or the shell ended)"], None
            self.rest += read
        printed, self.rest = self.rest[: ended.start()], self.rest[ended.end() :]
        return printed.decode(errors="replace").strip("\n").splitlines(), int(ended[1])

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def play(page, wrapper, folder):
    """Runs all commands of a page; what was wrong with the first that was not as the page says."""
    all_commands = commands(page.read_text())
    if not all_commands:
        return f"{page}: shows no commands"
    shell = Shell(wrapper, folder)
    try:
        for command, after in zip(all_commands, [*all_commands[1:], None]):
            print(f"$ {command.text}", flush=True)
            printed, status = shell.run(command.text)
            print("\n".join(printed), flush=True)
            is_asked = after is not None and after.text == "echo $?"
            if status is None or (status != 0 and not is_asked):
                return f"{page}:{command.line}: exit status {status}"
            problem = differs(command.expected, printed)
            if problem:
                return f"{page}:{command.line}: not as the page says: {problem}"
    finally:
        shell.end()
    return None


def workplace(root, binaries, folder):
    """A folder like the repository's, with the programs where the pages have them."""
    for name in ("deploy", "crds"):
        (folder / name).symlink_to(root / name)
    (folder / "target").mkdir()
    (folder / "target/release").symlink_to(binaries)


def main():
    parser = argparse.ArgumentParser(prog="quickstart", description="Runs the commands of a quick start as a test.")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--laptop", dest="page", action="store_const", const="laptop")
    choice.add_argument("--cluster", dest="page", action="store_const", const="cluster")
    parser.add_argument("--in-cluster", default="", help="what commands are run by, as the Makefile's IN_CLUSTER; nothing: this shell")
    parser.add_argument("--binaries", type=Path, default=Path("target/release"), help="the folder of the programs")
    arguments = parser.parse_args()
    root = Path(__file__).parents[2]
    wrapper = shlex.split(arguments.in_cluster)
    if wrapper and "/" in wrapper[0]:
        wrapper[0] = str(Path(wrapper[0]).resolve())
    with tempfile.TemporaryDirectory(prefix="ballsession-quickstart.") as folder:
        workplace(root, arguments.binaries.resolve(), Path(folder))
        problem = play(root / PAGES[arguments.page], wrapper, folder)
    print(problem or f"quickstart: {PAGES[arguments.page]} is as it says")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
