"""What the checks need to know of a Markdown page: its headings, links and code blocks."""

import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt

PARSER = MarkdownIt("commonmark").enable("table")


@dataclass
class Link:
    target: str
    line: int


@dataclass
class Block:
    language: str
    text: str
    line: int


@dataclass
class Page:
    headings: list[str] = field(default_factory=list)
    anchors: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def slug(heading):
    """The anchor of a heading, as mdBook makes it; where GitHub makes another one the heading has to be changed."""
    kept = re.sub(r"[^\w\s-]", "", heading.strip().lower())
    return re.sub(r"\s", "-", kept)


def parse(text):
    page = Page()
    tokens = PARSER.parse(text)
    line = 1
    for position, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else line
        if token.type == "fence":
            page.blocks.append(Block(token.info.strip(), token.content, line))
        elif token.type == "heading_open":
            heading = plain(tokens[position + 1])
            page.headings.append(heading)
            page.anchors.append(unused(slug(heading), page.anchors))
        elif token.type == "inline":
            for child in token.children:
                target = child.attrGet("href" if child.type == "link_open" else "src")
                if target is not None and child.type in ("link_open", "image"):
                    page.links.append(Link(str(target), line))
        elif token.type == "html_block":
            page.anchors.extend(re.findall(r'\bid="([^"]+)"', token.content))
    return page


def plain(inline):
    return "".join(child.content for child in inline.children if child.type in ("text", "code_inline"))


def unused(anchor, anchors):
    """Of headings with the same text the later ones are numbered."""
    candidates = [anchor, *(f"{anchor}-{number}" for number in range(1, 100))]
    return next(candidate for candidate in candidates if candidate not in anchors)
