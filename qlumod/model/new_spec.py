"""The text that a new module spec begins with: what it must say, and hints at what it may."""

from collections.abc import Sequence
from dataclasses import dataclass

from qlumod.model.names import FlavorName, ModuleName
from qlumod.model.relation import Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a new spec says of its module."""

    module: ModuleName
    title: str
    stack_group: str
    flavors: Sequence[FlavorName]
    """Empty: all."""
    requires: Sequence[ModuleName]
    packages: Sequence[Relation]
    description: str


def new_spec_text(draft: Draft) -> str:
    """The commented text of a spec; docs/formats.md tells all fields."""
    flavors, packages = draft.flavors, draft.packages
    lines = [
        "Format: 1",
        f"Module: {draft.module}",
        "# How people see it in lists, and under what.",
        f"Title: {draft.title}",
        f"Stack-Group: {draft.stack_group}",
        *(
            ("# Only these flavors have it.", f"Flavors: {' '.join(flavors)}")
            if flavors
            else ("# All flavors have it; else, for example:", "# Flavors: bookworm")
        ),
        "# The modules that it stands on: what they have is not in this one.",
        f"Requires: {', '.join(draft.requires)}",
        "# What is wanted; apt adds what that depends on. 'name (>= 1.2)' asks for a version, and",
        "# 'name <bookworm>' is wanted in one flavor only.",
        "Packages:",
        *(f" {relation}," for relation in packages),
        "# apt takes recommended packages only if told so:",
        "# Recommends: yes",
        "# Units that packages start, and nodes should not until the site says so:",
        "# Disable: example.service",
        "# Keys and passwords, which never enter a layer; 'site' on many nodes, 'node' on one:",
        "# Secrets:",
        "#  /etc/example/key site",
        "# A synopsis, then lines that say what is in it and what the site must configure.",
        f"Description: {draft.description}",
        f" Made of the packages {', '.join(relation.name for relation in packages)}.",
    ]
    return "".join(f"{line}\n" for line in lines)
