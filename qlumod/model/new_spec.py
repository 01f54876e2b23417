"""The text of a new module spec: the required fields, and comments about optional ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qlumod.model.names import FlavorName, ModuleName
from qlumod.model.relation import Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The fields of a new spec, and what a trial found."""

    module: ModuleName
    title: str
    stack_group: str
    flavors: Sequence[FlavorName]
    """Empty: all."""
    requires: Sequence[ModuleName]
    packages: Sequence[Relation]
    description: str
    archives: Sequence[Relation] = ()
    """The archives on request that have its packages."""
    kernel_modules: Sequence[Relation] = ()
    units: Sequence[str] = ()
    """The units that its packages enable: comments list them."""
    secrets: Sequence[str] = ()
    """Lines that the field Secrets may get: they stand in comments."""
    wins: Sequence[str] = ()
    """Paths that the field Wins may get: they stand in comments."""
    restore: Sequence[str] = ()
    """Entries that the field Restore may get: they stand in comments."""


def new_spec_text(draft: Draft) -> str:
    """The text of a spec with comments; docs/formats.md describes all fields."""
    return "".join(f"{line}\n" for line in (*_names(draft), *_choices(draft), *_about(draft)))


def _names(draft: Draft) -> Iterator[str]:
    yield "Format: 1"
    yield f"Module: {draft.module}"
    yield "# The name and the group in which lists show the module."
    yield f"Title: {draft.title}"
    yield f"Stack-Group: {draft.stack_group}"
    if draft.flavors:
        yield "# Only these flavors have the module."
        yield f"Flavors: {' '.join(draft.flavors)}"
    else:
        yield "# All flavors have the module; for one flavor, write:"
        yield "# Flavors: bookworm"


def _choices(draft: Draft) -> Iterator[str]:
    yield "# The modules on which it is built, whose packages are not in this one."
    yield f"Requires: {', '.join(draft.requires)}"
    if draft.archives:
        yield "# The archives on request that have its packages."
        yield f"Archive: {', '.join(map(str, draft.archives))}"
    if draft.packages:
        yield (
            "# The wanted packages; apt adds their dependencies. "
            "'name (>= 1.2)' needs a version, and"
        )
        yield "# 'name <bookworm>' is for one flavor only."
        yield "Packages:"
        yield from (f" {relation}," for relation in draft.packages)
    if draft.kernel_modules:
        yield "# Sources of kernel modules, which are compiled for core's kernel."
        yield "Kernel-Modules:"
        yield from (f" {relation}," for relation in draft.kernel_modules)


def _about(draft: Draft) -> Iterator[str]:
    yield "# apt installs recommended packages only with this field:"
    yield "# Recommends: yes"
    yield from _units(draft.units)
    yield "# Keys and passwords, which are in no layer; 'site' for many nodes, 'node' for one:"
    yield "# Secrets:"
    yield from (f"#  {line}" for line in draft.secrets or ("/etc/example/key site",))
    if draft.wins:
        yield "# Paths of modules below that its packages change, if that is right in every stack:"
        yield "# Wins:"
        yield from (f"#  {path}" for path in draft.wins)
    if draft.restore:
        yield "# Files that modules below leave out, and that its kernel modules need:"
        yield "# Restore:"
        yield from (f"#  {entry}" for entry in draft.restore)
    yield "# A synopsis, then lines about the content and about the site's configuration."
    yield f"Description: {draft.description}"
    made_of = (*draft.packages, *draft.kernel_modules)
    yield f" Made of the packages {', '.join(relation.name for relation in made_of)}."


def _units(units: Sequence[str]) -> Iterator[str]:
    if not units:
        yield "# Units that packages enable, but that nodes shall not start by default:"
        yield "# Disable: example.service"
        return
    yield "# Its packages enable these units; take out of this list those that nodes shall start:"
    yield "# Disable:"
    yield from (f"#  {unit}" for unit in units)
