"""Rust source as a list of tokens, which is all that is needed to find imports: no comments, no white space."""

import re

TOKEN = re.compile(
    r"""
      (?P<skip>\s+|//[^\n]*)
    | (?P<comment>/\*)
    | [bc]?r(?P<hashes>\#*)".*?"(?P=hashes)
    | [bc]?"(?:\\.|[^"\\])*"
    | b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'])'
    | '\w+
    | (?:r\#)?[A-Za-z_]\w*
    | \d\w*(?:\.\d\w*)?
    | ::
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
PAIRS = {"(": ")", "[": "]", "{": "}"}
MODIFIERS = ["pub", "unsafe", "async", "default", "extern"]
TO_SEMICOLON = ["const", "static", "type", "use", "let"]
ITEMS = TO_SEMICOLON + ["fn", "struct", "enum", "union", "trait", "impl", "mod"]


def tokens(text):
    """The tokens of `text`. Strings keep their quotes, a raw identifier loses its `r#`."""
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        at = match.end()
        if match["comment"]:
            at = end_of_comment(text, at)
        elif not match["skip"]:
            found.append(match[0].removeprefix("r#"))
    return found


def end_of_comment(text, at):
    """Where the block comment ends whose opening ends at `at`; Rust's comments nest."""
    depth = 1
    while depth:
        match = re.compile(r"/\*|\*/").search(text, at)
        if match is None:
            return len(text)
        depth += 1 if match[0] == "/*" else -1
        at = match.end()
    return at


def is_name(token):
    return token[0].isalpha() or token[0] == "_"


def closing(tokens, at):
    """The index of the bracket that closes the one at `at`."""
    depth = 0
    for index in range(at, len(tokens)):
        if tokens[index] in PAIRS:
            depth += 1
        elif tokens[index] in PAIRS.values():
            depth -= 1
            if depth == 0:
                return index
    raise ValueError("a bracket is never closed")


def kind_of(tokens, at):
    """The keyword of the item at `at` and the index of what follows it; `None` for a field, a variant, a macro call."""
    while tokens[at] in MODIFIERS or tokens[at][0] == '"' or tokens[at] == "const" and tokens[at + 1] in ITEMS + MODIFIERS:
        at = closing(tokens, at + 1) + 1 if tokens[at] == "pub" and tokens[at + 1] == "(" else at + 1
    if tokens[at : at + 2] == ["macro_rules", "!"]:
        return "macro_rules", at + 2
    return (tokens[at], at + 1) if tokens[at] in ITEMS else (None, at)


def end_of_item(tokens, at):
    """The index after the item, statement, field or variant that begins at `at`, attributes excluded."""
    kind, _ = kind_of(tokens, at)
    while at < len(tokens) and tokens[at] not in PAIRS.values():
        if tokens[at] == ";" or tokens[at] == "," and kind is None:
            return at + 1
        if tokens[at] in PAIRS:
            begin, at = at, closing(tokens, at)
            if tokens[begin] == "{" and kind not in TO_SEMICOLON:
                return at + 1
        at += 1
    return at


def imported(tokens):
    """Each (path, name) of the use tree in `tokens`; the name is `*` for a glob."""
    found, path, at = [], [], 0
    while at < len(tokens):
        token = tokens[at]
        if token == "{":
            end, begin = closing(tokens, at), at + 1
            while begin < end:
                stop = begin
                while stop < end and tokens[stop] != ",":
                    stop = closing(tokens, stop) + 1 if tokens[stop] == "{" else stop + 1
                found += [(path + inner, name) for inner, name in imported(tokens[begin:stop])]
                begin = stop + 1
            return [(path[:-1], path[-2] if name == "self" else name) if path[-1:] == ["self"] and len(path) > 1
                    else (path, name) for path, name in found]
        if token == "as":
            return [(path, tokens[at + 1])]
        if token != "::":
            path = path + [token]
        at += 1
    return [(path[:-1], "*") if path[-1] == "*" else (path, path[-1])] if path else []
