"""The modules of a crate, as the compiler finds them from its root, without what is compiled for unit tests alone."""

import re

from imports.tokens import closing, end_of_item, imported, is_name, kind_of, tokens

PATH_IN_STRING = re.compile(r'"(\w+(?:::\w+)*)"')


class Module:
    """One `mod`: what its names stand for, and the tokens of its code."""

    def __init__(self, file, folder, parent):
        self.file, self.folder, self.parent = file, folder, parent
        # Of each name: ("mod", Module), ("item", None) or ("use", path).
        self.names = {}
        self.uses, self.globs, self.code, self.methods = [], [], [], []

    def bind(self, name, *binding):
        self.names.setdefault(name, []).append(binding)

    def all(self):
        yield self
        for bindings in self.names.values():
            for kind, child in bindings:
                if kind == "mod":
                    yield from child.all()


def read(file, folder=None, parent=None):
    """The module in `file` with all its children, whose files are in `folder`: for a crate's root, beside it."""
    module = Module(file, folder or file.parent, parent)
    try:
        read_items(module, tokens(file.read_text()))
    except (ValueError, IndexError) as error:
        raise SystemExit(f"check-imports: {file} is not understood: {error}") from error
    return module


def read_items(module, found):
    at = 0
    while at < len(found):
        at, tested = skip_attributes(module, found, at)
        if at == len(found):
            return
        end = end_of_item(found, at)
        kind, named = kind_of(found, at)
        if tested:
            pass
        elif kind == "mod":
            module.bind(found[named], "mod", child(module, found[named], found[named + 1 : end]))
        elif kind == "use":
            read_use(module, found[named : end - 1], public=found[at] == "pub")
        else:
            if kind == "impl":
                read_impl(module, found[named:end])
            elif kind:
                module.bind(found[named + (found[named] == "mut")], "item", None)
            read_code(module, found[at:end])
        at = max(end, at + 1)


def child(module, name, rest):
    folder = module.folder / name
    if rest[0] == "{":
        inline = Module(module.file, folder, module)
        read_items(inline, rest[1:-1])
        return inline
    files = [file for file in (folder.with_suffix(".rs"), folder / "mod.rs") if file.is_file()]
    if not files:
        # A path that leads nowhere is reported.
        module.uses.append((["self", f"mod {name}"], name, False))
        return Module(module.file, folder, module)
    return read(files[0], folder, module)


def skip_attributes(module, found, at):
    """The index after the attributes at `at`, and whether they keep what follows for tests."""
    tested = False
    while found[at : at + 1] == ["#"]:
        begin = at + (2 if found[at + 1] == "!" else 1)
        end = closing(found, begin)
        inside = found[begin + 1 : end]
        tested |= inside[:2] == ["cfg", "("] and "test" in inside and "not" not in inside
        if inside[:1] == ["kube"] and "kind" in inside:
            # The derive makes the resource's type beside its spec.
            module.bind(inside[inside.index("kind") + 2].strip('"'), "item", None)
        # `#[serde(with = "seconds")]` names a path as well as `#[arg(value_parser = values::parse)]` does.
        for token in inside:
            path = PATH_IN_STRING.fullmatch(token)
            module.code += tokens(path[1]) if path and inside[0] in ("serde", "schemars") else [token]
        module.code.append(";")
        at = end + 1
    return at, tested


def read_use(module, tree, public):
    """A `use`; one that is not public is there to be used, a public one may only pass a name on."""
    for path, name in imported(tree):
        if name == "*":
            module.globs.append(path)
        else:
            module.bind(name, "use", path)
            module.uses.append((path, name, public))


def read_code(module, found):
    """The tokens of an item or a body, `use` statements apart and without what is only for tests."""
    at = 0
    while at < len(found):
        if found[at] == "#" and found[at + 1 : at + 2] in (["["], ["!"]):
            at, tested = skip_attributes(module, found, at)
            at = end_of_item(found, at) if tested else at
        elif found[at] == "use" and is_name(found[at + 1]):
            end = found.index(";", at)
            read_use(module, found[at + 1 : end], public=False)
            at = end + 1
        else:
            module.code.append(found[at])
            at += 1


def read_impl(module, found):
    """Notes the methods of an inherent `impl`, which may stand in another file than their type."""
    body, at = found.index("{"), 0
    if found[0] == "<":
        depth = 0
        while at == 0 or depth:
            depth += {"<": 1, ">": -1}.get(found[at], 0) if found[at - 1] not in "-=" else 0
            at += 1
    header = found[at:body]
    if "for" in header:
        return
    path = []
    for token in header:
        if token != "::" and not is_name(token):
            break
        path += [token] if token != "::" else []
    depth, names = 0, set()
    for index in range(body, len(found) - 1):
        depth += {"{": 1, "}": -1}.get(found[index], 0)
        if found[index] == "fn" and depth == 1:
            names.add(found[index + 1])
    module.methods.append((path, names))
