"""That the links of the built book lead somewhere: what mdBook makes of names of files shows only there."""

import posixpath
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Hypertext(HTMLParser):
    """The links of a page and the places in it that they may lead to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.anchors.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def complaints(folder):
    # The page for what is not found is shown at any address.
    files = [file for file in folder.rglob("*.html") if file.name != "404.html"]
    pages = {file.relative_to(folder).as_posix(): Hypertext(file.read_text()) for file in files}
    found = []
    for name, page in sorted(pages.items()):
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path))) if parts.path else name
            if not (folder / path).exists():
                found.append(f"{name}: {link}: there is no such file")
            elif parts.fragment and path in pages and unquote(parts.fragment) not in pages[path].anchors:
                found.append(f"{name}: {link}: there is no such place")
    return found


def main():
    found = complaints(Path(sys.argv[1]))
    print("\n".join(found or ["docs: every link of the built book leads somewhere"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
