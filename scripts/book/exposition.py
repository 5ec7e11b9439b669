"""Metrics in the text that the programs serve."""

from dataclasses import dataclass, field


@dataclass
class Family:
    name: str
    kind: str = ""
    meaning: str = ""
    labels: set = field(default_factory=set)

    @property
    def series(self):
        """What a query names: a counter has an ending, a histogram has several."""
        return self.name + {"counter": "_total", "histogram": "_bucket"}.get(self.kind, "")


def families(text):
    """By name; labels are known of those that have a series."""
    found = {}
    for line in text.splitlines():
        if line.startswith(("# TYPE ", "# HELP ")):
            what, name, rest = line[2:].split(" ", 2)
            family = found.setdefault(name, Family(name))
            setattr(family, "kind" if what == "TYPE" else "meaning", rest)
        elif line and not line.startswith("#"):
            series = line.split("{")[0].split(" ")[0]
            name = max((name for name in found if series.startswith(name)), key=len)
            # No value has a brace or a comma in it.
            inside = line.partition("{")[2].partition("}")[0]
            found[name].labels |= {pair.split("=")[0] for pair in inside.split(",") if pair} - {"le"}
    return found
