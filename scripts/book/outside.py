"""A preprocessor of mdBook: what links to a file outside of docs/ becomes the name of that file."""

import json
import posixpath
import re
import sys

LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((\.\./[^)#\s]+)(?:#[^)\s]*)?\)")


def chapters(content):
    """All chapters in what mdBook hands over, wherever its version keeps them."""
    if isinstance(content, dict):
        if isinstance(content.get("content"), str) and content.get("path"):
            yield content
        for value in content.values():
            yield from chapters(value)
    elif isinstance(content, list):
        for value in content:
            yield from chapters(value)


def inside(text, path):
    """The text of the page at `path` in docs/ without links that leave it."""

    def named(link):
        words, target = link.groups()
        file = posixpath.normpath(posixpath.join("docs", posixpath.dirname(path), target))
        return link[0] if file.startswith("docs/") else f"{words} (`{file}`)"

    return LINK.sub(named, text)


def main():
    # mdBook asks first whether its output is one that a preprocessor is for: for any.
    if sys.argv[1:2] == ["supports"]:
        return
    _, book = json.load(sys.stdin)
    for chapter in chapters(book):
        chapter["content"] = inside(chapter["content"], chapter["path"])
    json.dump(book, sys.stdout)


if __name__ == "__main__":
    main()
