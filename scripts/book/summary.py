"""That the book's table of contents has every page, once."""

from book import markdown

# What is in there is put together elsewhere.
NO_CHAPTERS = "releases"


def complaints(root):
    book = root / "docs"
    listed = [link.target for link in markdown.parse((book / "SUMMARY.md").read_text()).links]
    found = [f"docs/SUMMARY.md: {target} is listed twice" for target in sorted({target for target in listed if listed.count(target) > 1})]
    pages = (page.relative_to(book) for page in book.rglob("*.md"))
    there = {str(page) for page in pages if page.parts[0] != NO_CHAPTERS} - {"SUMMARY.md"}
    found += [f"docs/SUMMARY.md: does not list {page}" for page in sorted(there - set(listed))]
    return found
