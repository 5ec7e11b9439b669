"""That the sessions which pages show are ones that the API server takes, as far as names of fields and words of enums go."""

import yaml

from book import markdown, resource

# Pages show settings of other kinds as well.
KIND = "BallSession"


def complaints(root):
    definition = yaml.safe_load((root / resource.SOURCE).read_text())
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    found = []
    for page in sorted((root / "docs").rglob("*.md")):
        for block in markdown.parse(page.read_text()).blocks:
            if block.language != "yaml":
                continue
            place = f"{page.relative_to(root)}:{block.line}"
            try:
                sample = yaml.safe_load(block.text)
            except yaml.YAMLError as error:
                found.append(f"{place}: no YAML: {' '.join(str(error).split())}")
                continue
            if isinstance(sample, dict) and "spec" in sample and sample.get("kind", KIND) == KIND:
                found += [f"{place}: {problem}" for problem in problems(sample["spec"], schema["properties"]["spec"], "spec")]
    return found


def problems(value, schema, path):
    """What of a value the schema does not know."""
    if isinstance(value, dict):
        fields = schema.get("properties")
        if fields is None:
            return
        for name, inner in value.items():
            if name not in fields:
                yield f"there is no field {path}.{name}"
            else:
                yield from problems(inner, fields[name], f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from problems(inner, schema.get("items", {}), f"{path}[]")
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path} is {value}: it must be one of {', '.join(map(str, schema['enum']))}"
    elif schema.get("type") == "string" and not isinstance(value, str):
        yield f"{path} is {value}, which has to be in quotes"
    elif schema.get("type") == "integer" and not isinstance(value, int):
        yield f"{path} is {value}, and has to be a whole number"
