"""The checks: each gives lines for people, and none where all is well."""

from typing import NamedTuple

from imports import graph
from imports.directions import LAYERS, NEVER_IMPORTED, NEVER_LINKED


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


def crates(crates, layers=LAYERS, never=NEVER_LINKED):
    """Dependencies between crates, which are given by their folders."""
    layer = {folder: index for index, folders in enumerate(layers) for folder in folders}
    folders = {crate.name: folder for folder, crate in crates.items()}
    found = []
    for folder, crate in crates.items():
        if folder not in layer:
            found.append(f"AGAINST THE DIRECTION: {folder} has no place in LAYERS of scripts/imports/directions.py")
            continue
        for name in sorted(crate.dependencies & folders.keys()):
            if layer.get(folders[name], len(layers)) >= layer[folder]:
                found.append(f"AGAINST THE DIRECTION: {folder} depends on {folders[name]}, which is not below it")
        linked, waiting = {}, [(name, [folder]) for name in crate.dependencies]
        while waiting:
            name, way = waiting.pop()
            if name not in linked:
                linked[name] = way
                way = [*way, folders.get(name, name)]
                waiting += [(other, way) for other in crates[folders[name]].dependencies] if name in folders else []
        for below, names in never.items():
            for name in names:
                if within(folder, below) and name in linked:
                    found.append(f"AGAINST THE DIRECTION: {' -> '.join(linked[name])} -> {name}, which {below} never links")
    return found


def files(root, tree, never=NEVER_IMPORTED):
    """Circles among the files of a crate, and imports against the directions."""
    used, foreign, unknown = graph.arrows(tree)
    label = {file: str(file.relative_to(root)) for file in used}
    found = [f"NOT UNDERSTOOD: {label[file]} names {listed(names)}, which scripts/imports cannot find" for file, names in unknown.items()]
    for circle in graph.circles(used):
        found.append(f"CIRCLE of {len(circle)} files:")
        for file in circle:
            for other in sorted(set(circle) & used[file].keys()):
                found.append(f"  {label[file]} -> {label[other]}: {listed(used[file][other])}")
    for file in sorted(used):
        for folder, forbidden in never.items():
            if not within(label[file], folder):
                continue
            for other in forbidden:
                ties = {name for to, names in used[file].items() if within(label[to], other) for name in names}
                ties |= {path for path in foreign[file] if within(path, other)}
                if ties:
                    found.append(f"AGAINST THE DIRECTION: {label[file]} imports {other}: {listed(ties)}")
    return found
