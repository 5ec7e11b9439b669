"""Entry of scripts/chart-templates."""

import argparse
import sys
from pathlib import Path

from charts import files
from charts.template import Unfit


def main():
    arguments = argparse.ArgumentParser(prog="chart-templates")
    arguments.add_argument("--check", action="store_true", help="write nothing, and fail where something is out of date")
    arguments.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="the tree to work on")
    options = arguments.parse_args()
    try:
        wanted = files.wanted(options.root)
    except Unfit as error:
        sys.exit(f"chart-templates: {error}")
    stale = files.stale(options.root, wanted)
    if options.check and stale:
        sys.exit(f"chart-templates: out of date: {', '.join(sorted(stale))}: run `make manifests`")
    if not options.check:
        files.write(options.root, wanted, stale)


main()
