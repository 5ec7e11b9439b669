import argparse
import json
import subprocess
import sys
from pathlib import Path

from imports import check, modules


def workspace(root):
    """Of each crate, by its folder: its name, the names of what it depends on, and the roots of its modules."""
    command = ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"]
    packages = json.loads(subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE).stdout)["packages"]
    return {
        str(Path(package["manifest_path"]).parent.relative_to(root)): check.Crate(
            package["name"],
            {dependency["name"] for dependency in package["dependencies"] if dependency["kind"] != "dev"},
            [Path(target["src_path"]) for target in package["targets"] if {"lib", "bin"} & set(target["kind"])],
        )
        for package in packages
    }


def main():
    parser = argparse.ArgumentParser(prog="check-imports", description="Finds circles of imports and imports against the directions.")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="the workspace's folder")
    root = parser.parse_args().root.resolve()
    crates = workspace(root)
    found = check.crates(crates)
    document = root / "docs/architecture.md"
    if document.exists():
        found += check.document(root, document.read_text())
    files = 0
    for crate in crates.values():
        for top in crate.roots:
            tree = modules.read(top)
            files += len({module.file for module in tree.all()})
            found += check.files(root, tree)
    print("\n".join(found or [f"imports: {files} files of {len(crates)} crates, no circle, none against the directions"]))
    return 1 if found else 0


sys.exit(main())
