"""The page of the resource's fields, from its definition."""

import json

import yaml

from book.tables import generated, table

SOURCE = "crds/ballsessions.yaml"
INTRODUCTION = """All fields of `ballsession.dev/v1alpha1`, as `kubectl explain ballsession --recursive` has them on a cluster. What there
is to decide about them is in [The resource by example](../resource.md). Fields that are Kubernetes' own, such as what is in
`affinity`, are described in its documentation.
"""


def page(root):
    definition = yaml.safe_load((root / SOURCE).read_text())
    version = definition["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    parts = [INTRODUCTION]
    for part in ("spec", "status"):
        parts.append(f"## {part}\n\n{sentence(schema['properties'][part])}\n")
        rows = [
            (f"`{path}`", kind(field), default(field), sentence(field), limits(field))
            for path, field in fields(schema["properties"][part], part)
        ]
        parts.append(table(["field", "type", "default", "meaning", "allowed"], rows))
    columns = version["additionalPrinterColumns"]
    rows = [
        (f"`{column['name'].upper()}`", f"`{column['jsonPath']}`", "wide" if column.get("priority") else "always", column.get("description", ""))
        for column in columns
    ]
    parts.append("## Columns of kubectl get\n\nThose that are not always shown come with `--output wide`.\n")
    parts.append(table(["column", "from", "shown", "meaning"], rows))
    return generated("Fields of the resource", SOURCE, *parts)


def fields(schema, path):
    """The fields below one, with their paths; what is Kubernetes' own has no descriptions, and is not gone into."""
    for name, field in schema.get("properties", {}).items():
        below = f"{path}.{name}"
        yield below, field
        inner = field.get("items", field)
        if described(inner):
            yield from fields(inner, below + ("[]" if "items" in field else ""))


def described(schema):
    return any("description" in field for field in schema.get("properties", {}).values())


def kind(field):
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    if "items" in field:
        return f"list of {kind(field['items'])}"
    if "additionalProperties" in field:
        return "map of strings"
    return field.get("type", "object")


def default(field):
    value = field.get("default")
    if value in (None, {}):
        return ""
    # A number that is written as text needs its quotes.
    is_text = isinstance(value, str) and not isinstance(yaml.safe_load(value), str)
    return f"`{json.dumps(value) if is_text or not isinstance(value, str) else value}`"


def sentence(field):
    return field.get("description", "")


def limits(field):
    inner = field.get("items", {})
    rules = [rule["message"] for rule in field.get("x-kubernetes-validations", []) + inner.get("x-kubernetes-validations", [])]
    if "minimum" in field:
        even = "even, " if field.get("multipleOf") == 2 else ""
        rules.append(f"{even}{field['minimum']} to {field['maximum']}")
    if "maxItems" in field:
        rules.append(f"at most {field['maxItems']}")
    return "; ".join(rules)
