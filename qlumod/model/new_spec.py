"""The text of a new module spec: the required fields, and comments about optional ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from qlumod.model.names import FlavorName, ModuleName
from qlumod.model.relation import Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The fields of a new spec."""

    module: ModuleName
    title: str
    stack_group: str
    flavors: Sequence[FlavorName]
    """Empty: all."""
    requires: Sequence[ModuleName]
    packages: Sequence[Relation]
    description: str


def new_spec_text(draft: Draft) -> str:
    """The text of a spec with comments; docs/formats.md describes all fields."""
    flavors, packages = draft.flavors, draft.packages
    lines = [
        "Format: 1",
        f"Module: {draft.module}",
        "# The name and the group in which lists show the module.",
        f"Title: {draft.title}",
        f"Stack-Group: {draft.stack_group}",
        *(
            ("# Only these flavors have the module.", f"Flavors: {' '.join(flavors)}")
            if flavors
            else ("# All flavors have the module; for one flavor, write:", "# Flavors: bookworm")
        ),
        "# The modules on which it is built, whose packages are not in this one.",
        f"Requires: {', '.join(draft.requires)}",
        "# The wanted packages; apt adds their dependencies. 'name (>= 1.2)' needs a version, and",
        "# 'name <bookworm>' is for one flavor only.",
        "Packages:",
        *(f" {relation}," for relation in packages),
        "# apt installs recommended packages only with this field:",
        "# Recommends: yes",
        "# Units that packages enable, but that nodes shall not start by default:",
        "# Disable: example.service",
        "# Keys and passwords, which are in no layer; 'site' for many nodes, 'node' for one:",
        "# Secrets:",
        "#  /etc/example/key site",
        "# A synopsis, then lines about the content and about the site's configuration.",
        f"Description: {draft.description}",
        f" Made of the packages {', '.join(relation.name for relation in packages)}.",
    ]
    return "".join(f"{line}\n" for line in lines)
