"""That no reason and no alert is without a page that says what to do."""

import yaml

from book import markdown, reasons

FOLDER = "docs/runbooks"
# What each of them says of a reason or an alert, in this order.
QUESTIONS = ["What it means", "How it comes about", "What to check", "What makes it go away"]


def complaints(root):
    found = []
    for condition in reasons.CONDITIONS:
        page = f"{FOLDER}/{reasons.RUNBOOKS[condition]}.md"
        known = sections((root / page).read_text()) if (root / page).exists() else {}
        for reason, _ in reasons.of_condition(root, condition):
            if reason not in known:
                found.append(f"{page}: no section {reason}, which {condition} may have as its reason")
            else:
                found += unanswered(f"{page}: {reason}", known[reason])
    for alert in alerts(root):
        page = root / FOLDER / f"{alert}.md"
        if not page.exists():
            found.append(f"{FOLDER}/{alert}.md: missing, and deploy/monitoring/rules.yaml has an alert of that name")
        else:
            found += unanswered(f"{FOLDER}/{alert}.md", page.read_text())
    return found


def alerts(root):
    rules = yaml.safe_load((root / "deploy/monitoring/rules.yaml").read_text())
    return [rule["alert"] for group in rules["spec"]["groups"] for rule in group["rules"] if "alert" in rule]


def sections(text):
    """The text below each heading, by the heading; up to the next one of its level or above."""
    tokens = markdown.PARSER.parse(text)
    lines = text.splitlines()
    starts = [
        (int(token.tag[1]), token.map[0], markdown.plain(tokens[position + 1]))
        for position, token in enumerate(tokens)
        if token.type == "heading_open"
    ]
    found = {}
    for position, (level, line, heading) in enumerate(starts):
        end = next((after for below, after, _ in starts[position + 1 :] if below <= level), len(lines))
        found[heading] = "\n".join(lines[line:end])
    return found


def unanswered(place, text):
    positions = [text.find(f"**{question}.**") for question in QUESTIONS]
    found = [f"{place}: does not say **{question}.**" for question, position in zip(QUESTIONS, positions) if position < 0]
    if not found and positions != sorted(positions):
        found = [f"{place}: the answers are not in the order {', '.join(QUESTIONS)}"]
    return found
