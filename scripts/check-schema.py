#!/usr/bin/env python3
"""Checks config/yatagarasu.schema.json with a validator that is not ours.

Without arguments: the schema against the draft-07 meta-schema, and every YAML file of the tree that has a
yaml-language-server modeline against the schema that its modeline names; exit 1 when one fails.

With `--verdicts FILE`: FILE is a JSON array of YAML texts; prints `valid` or `invalid` for each, one a line.
"""

import json
import pathlib
import re
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "config" / "yatagarasu.schema.json"
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)$")

FLOAT = r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors read it: `no` is a string, `010` is ten."""

    yaml_implicit_resolvers = {}

    def integer(self, node):
        text = self.construct_scalar(node)
        if text.startswith("0x"):
            return int(text[2:], 16)
        if text.startswith("0o"):
            return int(text[2:], 8)
        return int(text)


for tag, pattern, first in [
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    ("float", FLOAT, list("-+0123456789.")),
]:
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
CoreLoader.add_constructor("tag:yaml.org,2002:int", CoreLoader.integer)


def examples():
    for folder in ["config", "examples", "docs-site", "charts", "kustomize"]:
        for path in sorted((ROOT / folder).rglob("*.y*ml")):
            match = MODELINE.match(path.read_text().splitlines()[0]) if path.stat().st_size else None
            if match and not match[1].startswith("http"):
                yield path, (path.parent / match[1]).resolve()


def check_tree():
    failures = 0
    count = 0
    jsonschema.Draft7Validator.check_schema(json.loads(SCHEMA.read_text()))
    for path, schema in examples():
        count += 1
        validator = jsonschema.Draft7Validator(json.loads(schema.read_text()))
        for error in validator.iter_errors(yaml.load(path.read_text(), CoreLoader)):
            failures += 1
            print(f"{path.relative_to(ROOT)}: {'.'.join(map(str, error.path))}: {error.message}")
    print(f"{count} files, {failures} errors")
    return 1 if failures or not count else 0


def print_verdicts(file):
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))
    for text in json.loads(pathlib.Path(file).read_text()):
        print("valid" if validator.is_valid(yaml.load(text, CoreLoader)) else "invalid")
    return 0


if __name__ == "__main__":
    sys.exit(print_verdicts(sys.argv[2]) if sys.argv[1:2] == ["--verdicts"] else check_tree())
