"""Which file of a crate uses which: an arrow goes to the file that defines a name, however the name came to where it is used."""

from imports.tokens import is_name


def arrows(root):
    """Of a crate: {file: {file it uses: names}}, {file: paths into other crates}, {file: paths that lead nowhere}."""
    used, foreign, unknown = {}, {}, {}
    for module in root.all():
        to, out = used.setdefault(module.file, {}), foreign.setdefault(module.file, set())

        def note(path, name):
            targets = resolve(module, path)
            if not targets:
                unknown.setdefault(module.file, set()).add("::".join(path))
            for kind, where, _ in targets:
                if kind == "foreign":
                    out.add("::".join(where))
                elif kind == "item" and where.file != module.file:
                    to.setdefault(where.file, set()).add(name)

        words = mentioned(module.code)
        for path, name, public in module.uses:
            if not public or name in words:
                note(path, path[-1])
        for path in paths(module.code):
            note(path, "::".join(path))
        for name in words - module.names.keys():
            for path in module.globs:
                if resolve(module, [*path, name]):
                    note([*path, name], name)
    for module in root.all():
        for path, names in module.methods:
            for kind, where, _ in resolve(module, path):
                if kind == "item" and where.file != module.file:
                    called = names & calls(where.code)
                    if called:
                        used[where.file].setdefault(module.file, set()).update(f"{path[-1]}::{name}" for name in called)
    return used, foreign, unknown


def resolve(module, path, seen=()):
    """What `path` stands for in `module`: ("mod", Module, _), ("item", its Module, name) or ("foreign", path, _)."""
    first, rest = path[0], path[1:]
    if first == "crate":
        while module.parent:
            module = module.parent
        found = [("mod", module, None)]
    elif first == "self":
        found = [("mod", module, None)]
    elif first == "super":
        found = [("mod", module.parent, None)]
    else:
        found = lookup(module, first, seen) or [("foreign", [first], None)]
    for name in rest:
        found = [target for before in with_members(found) for target in member(before, name, seen)]
    return found


def with_members(targets):
    """Those that a path goes on in: a module where there is one, not the function that has the same name."""
    return [target for target in targets if target[0] == "mod"] or targets


def member(target, name, seen):
    kind, where, _ = target
    if kind == "mod":
        return [("mod", where.parent, None)] if name == "super" else lookup(where, name, seen)
    return [(kind, where + [name], None)] if kind == "foreign" else [target]


def lookup(module, name, seen):
    found = []
    for binding in module.names.get(name, []):
        kind, what = binding
        if kind == "mod":
            found.append(("mod", what, None))
        elif kind == "item":
            found.append(("item", module, name))
        elif id(binding) not in seen:
            found += resolve(module, what, (*seen, id(binding)))
    if not found:
        for path in module.globs:
            if id(path) not in seen:
                found += [target for target in resolve(module, [*path, name], (*seen, id(path))) if target[0] != "foreign"]
    return found


def paths(code):
    """Each path of two segments and more."""
    at = 0
    while at < len(code):
        path = [code[at]]
        before = code[at - 1] if at else ""
        at += 1
        if is_name(path[0]) and before not in (".", "::"):
            while code[at : at + 1] == ["::"] and is_name(code[at + 1]):
                path.append(code[at + 1])
                at += 2
            if len(path) > 1:
                yield path


def mentioned(code):
    """The names that stand for themselves: not after a dot or in a path, and no field's name before its colon."""
    return {
        token
        for before, token, after in zip([""] + code, code, code[1:] + [""])
        if is_name(token) and before not in (".", "::") and after != ":"
    }


def calls(code):
    """The names that are called as methods, or named as functions of a type."""
    return {
        name
        for before, name, after in zip(code, code[1:], code[2:] + [""])
        if before == "::" or before == "." and after in ("(", "::")
    }


def circles(used):
    """The strongly connected components of more than one file (Tarjan's), each as a sorted list."""
    index, low, stack, found = {}, {}, [], []

    def visit(file):
        index[file] = low[file] = len(index)
        stack.append(file)
        for other in used.get(file, ()):
            if other not in index:
                visit(other)
                low[file] = min(low[file], low[other])
            elif other in stack:
                low[file] = min(low[file], index[other])
        if low[file] == index[file]:
            component = stack[stack.index(file) :]
            del stack[stack.index(file) :]
            if len(component) > 1:
                found.append(sorted(component))

    for file in sorted(used):
        if file not in index:
            visit(file)
    return found
