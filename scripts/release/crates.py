"""Which crates a program is made of, kept in the program itself: scanners of images read them there.

The format is that of cargo-auditable: JSON, compressed, in a section of its own. It is added to programs that are built already,
so that those which are tested are those which are released.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

SECTION = ".dep-v0"
REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"
# Of what is refused the error is shown, and no more: a program's list has some tens of kilobytes.
AT_MOST = 8 << 20


class Unfit(Exception):
    """A program of which this cannot be said."""


def packages(metadata, program):
    """The list, of what `cargo metadata` says of the workspace: what the program is linked to, and what it was built by."""
    by_id = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    members = [by_id[member] for member in metadata["workspace_members"]]
    roots = [package["id"] for package in members if is_of(package, "bin", program)]
    if len(roots) != 1:
        raise Unfit(f"{program} is a program of {len(roots)} packages of this workspace, not of one")
    linked = reached(nodes, by_id, roots, {None}, are_linked=True)
    built_by = reached(nodes, by_id, linked, {None, "build"}, are_linked=False)
    order = sorted(built_by, key=lambda name: (by_id[name]["name"], by_id[name]["version"], name))
    places = {name: place for place, name in enumerate(order)}
    found = []
    for name in order:
        package = by_id[name]
        one = {"name": package["name"], "version": package["version"], "source": source(package["source"])}
        if name not in linked:
            one["kind"] = "build"
        if needed := sorted(places[each] for each in depends(nodes[name], {None, "build"}) if each in places):
            one["dependencies"] = needed
        if name == roots[0]:
            one["root"] = True
        found.append(one)
    return {"packages": found}


def reached(nodes, by_id, begin, kinds, are_linked):
    """The packages that `begin` needs for some kinds of reasons, and these themselves. A macro is run by the compiler, not linked."""
    seen, pending = set(begin), list(begin)
    while pending:
        for name in depends(nodes[pending.pop()], kinds):
            if name in seen or (are_linked and is_of(by_id[name], "proc-macro")):
                continue
            seen.add(name)
            pending.append(name)
    return seen


def depends(node, kinds):
    """What a package needs for some kinds of reasons: None is to be linked, others are build and dev."""
    return [each["pkg"] for each in node["deps"] if any(kind["kind"] in kinds for kind in each["dep_kinds"])]


def is_of(package, kind, name=None):
    """Whether a package makes something of a kind, with that name if one is given."""
    return any(kind in target["kind"] and name in (None, target["name"]) for target in package["targets"])


def source(where):
    """Where a package comes from, in the words of the format."""
    if where is None:
        return "local"
    if where == REGISTRY:
        return "crates.io"
    return where.partition("+")[0]


def add(program, listed):
    """Puts a list into a program."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(zlib.compress(json.dumps(listed, separators=(",", ":")).encode(), 9))
        file.flush()
        run("objcopy", "--remove-section", SECTION, "--add-section", f"{SECTION}={file.name}", program)


def show(program):
    """The list that is in a program."""
    with tempfile.NamedTemporaryFile() as file:
        said = run("objcopy", "--dump-section", f"{SECTION}={file.name}", program, "/dev/null")
        kept = Path(file.name).read_bytes()
    if not kept:
        raise Unfit(f"{program} does not say of which crates it is made: {said or f'it has no section {SECTION}'}")
    return json.loads(zlib.decompressobj().decompress(kept, AT_MOST))


def run(*command):
    """Runs a program, and has what it complains of."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise Unfit(done.stderr.strip())
    return done.stderr.strip()


def metadata(root):
    """What cargo says of the workspace on the kind of machine that this is."""
    told = subprocess.run(["rustc", "--version", "--verbose"], capture_output=True, text=True, check=True).stdout
    host = next(line.removeprefix("host: ") for line in told.splitlines() if line.startswith("host: "))
    command = ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={host}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root)
    if done.returncode:
        raise Unfit(done.stderr.strip())
    return json.loads(done.stdout)


def main():
    arguments = argparse.ArgumentParser(prog="crate-list")
    arguments.add_argument("action", choices=["add", "show"])
    arguments.add_argument("program", type=Path)
    arguments.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="the workspace that it is of")
    options = arguments.parse_args()
    try:
        if options.action == "add":
            add(options.program, packages(metadata(options.root), options.program.name))
        else:
            for package in show(options.program)["packages"]:
                print(package["name"], package["version"], package.get("kind", "runtime"))
    except Unfit as error:
        sys.exit(f"crate-list: {error}")


if __name__ == "__main__":
    main()
