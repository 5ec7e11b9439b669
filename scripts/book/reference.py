"""The pages that are written by a program, and whether they are as it would write them."""

from book import flags, metrics, reasons, resource

FOLDER = "docs/reference"


def pages(root, binaries):
    """Their texts by file. Without the programs the one of which they are the source is left out."""
    found = {"fields.md": resource.page(root), "metrics.md": metrics.page(root), "reasons.md": reasons.page(root)}
    if binaries:
        found["flags.md"] = flags.page(binaries)
    return {root / FOLDER / name: text for name, text in found.items()}


def complaints(root, binaries):
    found = [
        f"{page.relative_to(root)}: not as the code has it: `make docs-reference`"
        for page, text in pages(root, binaries).items()
        if not page.exists() or page.read_text() != text
    ]
    return found + (metrics.complaints(root, binaries) if binaries else [])


def write(root, binaries):
    for page, text in pages(root, binaries).items():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)
        print(page.relative_to(root))
