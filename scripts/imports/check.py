"""The checks: each gives lines for people, and none where all is well."""

import re
from typing import NamedTuple

from imports import graph
from imports.directions import CRATES, DOCUMENT_FOLDERS, LAYERS, NEVER_IMPORTED, NEVER_LINKED

PATH = re.compile(r"`([\w.-]+/[\w./-]*(?:\.rs|\.py|/))`")


class Crate(NamedTuple):
    """A crate: its name, the names of the crates that it depends on, and the files where its modules begin."""

    name: str
    dependencies: set
    roots: list


def within(path, folder):
    """Whether a file, a crate's folder or a path of names is the folder or module `folder`, or in it."""
    return path.removesuffix(".rs") == folder or path.startswith((folder + "/", folder + "::"))


def listed(names):
    """Names in one line; a type stands for its variants and functions."""
    return ", ".join(sorted(name for name in names if name.rpartition("::")[0] not in names))


def crates(crates, layers=CRATES, never=NEVER_LINKED):
    """Dependencies between crates, which are given by their folders."""
    folders = {crate.name: folder for folder, crate in crates.items()}
    found = []
    for folder, crate in crates.items():
        below = {folders[name]: {name} for name in sorted(crate.dependencies & folders.keys())}
        found += upwards(folder, folder, below, layers)
        linked, waiting = {}, [(name, [folder]) for name in crate.dependencies]
        while waiting:
            name, way = waiting.pop()
            if name not in linked:
                linked[name] = way
                way = [*way, folders.get(name, name)]
                waiting += [(other, way) for other in crates[folders[name]].dependencies] if name in folders else []
        for within_folder, names in never.items():
            for name in names:
                if within(folder, within_folder) and name in linked:
                    way = " -> ".join([*linked[name], name])
                    found.append(f"AGAINST THE DIRECTION: {way}, which {within_folder} never links")
    return found


def files(root, tree, layers=LAYERS, never=NEVER_IMPORTED):
    """Circles among the files of a crate, and imports against the directions."""
    used, foreign, unknown = graph.arrows(tree)
    label = {file: str(file.relative_to(root)) for file in used}
    found = [f"NOT UNDERSTOOD: {label[file]} names {listed(unknown[file])}, which is nowhere to be found" for file in unknown]
    for circle in graph.circles(used):
        found.append(f"CIRCLE of {len(circle)} files:")
        for file in circle:
            for other in sorted(set(circle) & used[file].keys()):
                found.append(f"  {label[file]} -> {label[other]}: {listed(used[file][other])}")
    for file in sorted(used):
        names = {label[other]: names for other, names in used[file].items()}
        for folder, rows in layers.items():
            room = part(label[file], folder)
            if room not in (None, "lib", "main", "mod"):
                rooms = {}
                for other in names:
                    if part(other, folder) not in (None, room):
                        rooms.setdefault(part(other, folder), set()).update(names[other])
                found += upwards(label[file], room, rooms, rows)
        for folder, forbidden in never.items():
            for other in forbidden if within(label[file], folder) else []:
                ties = {name for to in names if within(to, other) for name in names[to]}
                ties |= {path for path in foreign[file] if within(path, other)}
                if ties:
                    found.append(f"AGAINST THE DIRECTION: {label[file]} imports {other}: {listed(ties)}")
    return found


def document(root, text, folders=DOCUMENT_FOLDERS):
    """The files and folders that a text names, relative to one of the folders, and that are not there."""
    missing = [path for path in PATH.findall(text) if not any((root / folder / path).exists() for folder in folders)]
    return [f"NOT THERE: {path}, which docs/architecture.md names" for path in missing]


def part(file, folder):
    """What of `folder` the file belongs to: the first part of its path in there, without `.rs`."""
    inside = file.startswith(folder + "/")
    return file.removeprefix(folder + "/").split("/")[0].removesuffix(".rs") if inside else None


def upwards(user, room, used, layers):
    """A line for each room that is used and not below the user's own."""
    layer = {name: index for index, names in enumerate(layers) for name in names}
    for name in [room, *used]:
        if name not in layer:
            return [f"AGAINST THE DIRECTION: {name}, of {user}, has no place in scripts/imports/directions.py"]
    return [
        f"AGAINST THE DIRECTION: {user} imports {other}, which is not below it: {listed(names)}"
        for other, names in sorted(used.items())
        if layer[other] >= layer[room]
    ]
