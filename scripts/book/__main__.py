import argparse
import sys
from pathlib import Path

from book import links, reference, runbooks, samples, summary


def main():
    parser = argparse.ArgumentParser(prog="book", description="Writes or checks what the book in docs/ has of the code.")
    parser.add_argument("command", choices=["reference", "check"])
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="the repository's folder")
    parser.add_argument("--binaries", type=Path, help="the folder of the programs; without it their pages are left as they are")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    binaries = arguments.binaries.resolve() if arguments.binaries else None
    if arguments.command == "reference":
        reference.write(root, binaries)
        return 0
    found = reference.complaints(root, binaries)
    for checks in (runbooks, samples, summary, links):
        found += checks.complaints(root)
    print("\n".join(found or ["docs: references are current, nothing is without a runbook, and every link leads somewhere"]))
    return 1 if found else 0


sys.exit(main())
