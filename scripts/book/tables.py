"""Tables of the reference pages."""


def table(columns, rows):
    lines = [row(columns), row("---" for _ in columns), *(row(cells) for cells in rows)]
    return "\n".join(lines) + "\n"


def row(cells):
    return "| " + " | ".join(escaped(cell) for cell in cells) + " |"


def escaped(cell):
    """A cell is one line, a bar in it does not end it, and outside of code `<` begins no HTML."""
    parts = " ".join(str(cell).split()).replace("|", "\\|").split("`")
    return "`".join(part if position % 2 else part.replace("<", "&lt;") for position, part in enumerate(parts))


def generated(title, source, *parts):
    """A page that is written by a program."""
    head = f"<!-- Generated from {source}: `make docs-reference`. -->\n\n# {title}\n"
    return "\n".join([head, *parts]).rstrip() + "\n"
