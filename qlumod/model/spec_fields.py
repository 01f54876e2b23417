"""The table of the module spec's fields: each entry has all facts about its field."""

import re
from dataclasses import dataclass
from typing import Any

from qlumod.errors import QlumodError
from qlumod.model.build_option import parse_build_option
from qlumod.model.field_table import (
    BLANK_LINES,
    BLANKS,
    COMMAS,
    ONE,
    ROWS,
    TEXT,
    Field,
    FieldKind,
)
from qlumod.model.fields import Fields, yes_or_no
from qlumod.model.names import ModuleName, flavor_name, module_name, package_name, unit_name
from qlumod.model.paths import absolute_path, dpkg_pattern
from qlumod.model.public import parse_public
from qlumod.model.relation import Relation, parse_relation
from qlumod.model.secret import parse_secret
from qlumod.model.spec import ModuleSpec, Restored

_RESTORED = re.compile(r"([a-z0-9][a-z0-9+.*-]+)(?: *<([a-z0-9 ]+)>)? *: *(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecField(Field):
    """A field of the module spec."""

    in_manifest: bool = False
    """Whether the manifest has the same value, in the attribute of the same name."""
    in_root: bool = False
    """Whether it affects a root: then the proof must know it (`proof/known_fields.py`)."""
    doc: str = ""
    """The text of docs/formats.md about the value; empty: it is described beside the table."""


def _relations(fields: Fields, entry: Field) -> tuple[Relation, ...]:
    found = fields.commas_at(entry.name, entry.parse)
    return tuple(relation.at(line) for line, relation in found)


def _module(text: str) -> ModuleName:
    if any(char in text for char in "(<[|"):
        raise QlumodError(
            f"{text!r}: only the module's name stands here: the modules of a release fit together"
        )
    return module_name(text)


def _restored(text: str) -> Restored:
    found = _RESTORED.fullmatch(text)
    if not found:
        raise QlumodError(f"{text!r} restores nothing: it has the form 'PACKAGE: pattern'")
    package, flavors, pattern = found.groups()
    return Restored(
        package=package,
        pattern=dpkg_pattern(pattern),
        flavors=tuple(flavor_name(name) for name in (flavors or "").split()),
    )


def _preseed(text: str) -> str:
    words = text.split(None, 3)
    if len(words) < 3:
        raise QlumodError(f"{text!r} is no preseeding line: 'package question type value'")
    package_name(words[0])
    return " ".join(words)


_RELATIONS = FieldKind(
    said="list by commas",
    read=_relations,
    write=lambda relations: tuple(f"{relation}," for relation in relations),
)
_ARCHIVES = FieldKind(
    said="list by commas",
    read=_relations,
    write=lambda relations: ", ".join(map(str, relations)),
)

SPEC_FIELDS = (
    SpecField(
        name="Module", kind=ONE, parse=module_name, required=True, in_manifest=True, doc="its name"
    ),
    SpecField(name="Variant-Of", kind=ONE, parse=module_name, default=None, in_manifest=True),
    SpecField(name="Title", kind=ONE, required=True, in_manifest=True, doc="its name for display"),
    SpecField(
        name="Stack-Group",
        kind=ONE,
        required=True,
        in_manifest=True,
        doc="the group in which lists show it: Cluster OS, HPC Stack, DataStack, HAStack, "
        "Desktop, or a group of your own",
    ),
    SpecField(
        name="Description",
        kind=TEXT,
        required=True,
        in_manifest=True,
        doc="a synopsis, then lines as in a control file",
    ),
    SpecField(
        name="Flavors",
        kind=BLANKS,
        parse=flavor_name,
        doc="the flavors that have the module. Default: all",
    ),
    SpecField(
        name="Requires",
        kind=COMMAS,
        parse=_module,
        in_manifest=True,
        doc="the modules on which it is built. Every module except `core` requires core, directly"
        " or through others",
    ),
    SpecField(
        name="Conflicts",
        kind=COMMAS,
        parse=_module,
        in_manifest=True,
        doc="modules that cannot be in one image with it (a head node may have both). A directory "
        "need not have them: `qlumod check` only mentions names that are not there",
    ),
    SpecField(
        name="Archive",
        attribute="archives",
        kind=_ARCHIVES,
        parse=parse_relation,
        doc="preferred [archives](#release). A package in `Packages` comes from there if one of "
        "these archives has it; a dependency of it comes from there only if no other version "
        "satisfies the relation. `debian-backports <bookworm>` applies to one flavor only",
    ),
    SpecField(
        name="Packages",
        kind=_RELATIONS,
        parse=parse_relation,
        in_root=True,
        doc="the wanted packages as [relations](#relations). Each flavor needs at least one here "
        "or in `Kernel-Modules`",
    ),
    SpecField(
        name="Build-Packages",
        kind=_RELATIONS,
        parse=parse_relation,
        doc="packages (relations) that are installed to compile the kernel modules, in addition "
        "to dkms and the kernel's headers. They are locked like all packages, and never in "
        "the layer",
    ),
    SpecField(
        name="Kernel-Modules",
        kind=_RELATIONS,
        parse=parse_relation,
        in_root=True,
        doc="packages of dkms sources (relations). They are compiled for core's kernel when the "
        "module is built; instead of the sources, the layer has a generated package of the "
        "compiled kernel modules, with the same Provides. Each item is a name, and a list of "
        "flavors as in `Packages`",
    ),
    SpecField(
        name="Build-Options",
        kind=ROWS,
        parse=parse_build_option,
        doc="`PACKAGE: NAME=value` or `PACKAGE: --option=value`. A variable of the environment, or "
        "an option of dkms, with which a package in `Kernel-Modules` is compiled. "
        "`PACKAGE <bookworm>: …` applies to one flavor only",
    ),
    SpecField(
        name="Restore",
        kind=ROWS,
        parse=_restored,
        in_root=True,
        doc="`PACKAGE: pattern`. Paths of a package of a required module that `Exclude` left out "
        "there. They are in this module's layer: they are unpacked from the same `.deb` "
        "before the module's own packages are installed. `*` stands for any characters, also "
        "in the package's name. `PACKAGE <bookworm>: pattern` applies to one flavor only. A "
        "line that restores nothing is an error",
    ),
    SpecField(
        name="Recommends",
        kind=ONE,
        parse=yes_or_no,
        default=False,
        doc="`yes`: apt takes recommended packages, too. Default `no`",
    ),
    SpecField(
        name="Redistribute",
        kind=ONE,
        parse=yes_or_no,
        default=True,
        doc="`no`: its packages must not be given to everybody. The module's packages then have "
        "the field `Qlumod-Redistribute: no`, and `qlumod publish` adds them to private "
        "suites only. Default `yes`",
    ),
    SpecField(
        name="Prefer",
        kind=COMMAS,
        parse=package_name,
        doc="packages that apt prefers among the alternatives of a dependency",
    ),
    SpecField(
        name="Exclude",
        kind=BLANK_LINES,
        parse=dpkg_pattern,
        in_root=True,
        doc="dpkg's path-exclude patterns, in addition to those of the release. `*` matches `/`, "
        "too. They apply to all files that this module's installation makes, also by scripts and "
        "triggers ([size](size.md#the-rule))",
    ),
    SpecField(
        name="Include",
        kind=BLANK_LINES,
        parse=dpkg_pattern,
        in_root=True,
        doc="path-include patterns, exceptions to all excludes",
    ),
    SpecField(
        name="Wins",
        kind=BLANK_LINES,
        parse=absolute_path,
        in_manifest=True,
        in_root=True,
        doc="paths at which a stack has this module's file if another module has the path, too",
    ),
    SpecField(
        name="Enable",
        kind=BLANK_LINES,
        parse=unit_name,
        in_root=True,
        doc="systemd units, with suffix, that are enabled at the end of the build",
    ),
    SpecField(
        name="Disable",
        kind=BLANK_LINES,
        parse=unit_name,
        in_root=True,
        doc="systemd units, with suffix, that are disabled at the end of the build",
    ),
    SpecField(
        name="Debconf",
        kind=ROWS,
        parse=_preseed,
        in_root=True,
        doc="`package question type value`, preseeded before the packages are installed",
    ),
    SpecField(
        name="Secrets",
        kind=ROWS,
        parse=parse_secret,
        in_manifest=True,
        in_root=True,
        doc="`path kind`. The path is in no layer; `*` is allowed within a name. Kind `site`: the"
        " same on many nodes, supplied by the site, never generated. Kind `node`: different "
        "on each node, from the site, from a persistent place, or generated at boot. A pattern for "
        "all files of a directory of many packages, such as `/etc/*`, is refused",
    ),
    SpecField(
        name="Public",
        kind=ROWS,
        parse=parse_public,
        in_manifest=True,
        doc="`path reason`. A path that looks like a [secret](secrets.md) but that everybody may "
        "read, and the reason; manifest, stack and `qlumod image show` contain both. `*` is "
        "allowed within a name; a directory with `/` at its end stands for everything below "
        "it. A private key cannot be declared public",
    ),
)
"""All fields in the order of the canonical text, which ends with the description."""

RELATION_FIELDS = tuple(entry for entry in SPEC_FIELDS if entry.parse is parse_relation)
"""The fields that name packages or archives, each for some flavors or for all."""
MODULE_FIELDS = tuple(entry for entry in SPEC_FIELDS if entry.parse is _module)
"""The fields that name other modules."""


def public_part(spec: ModuleSpec) -> dict[str, Any]:
    """The values that the manifest has in common with the spec, by attribute."""
    shown = (entry.attribute for entry in SPEC_FIELDS if entry.in_manifest)
    return {attribute: getattr(spec, attribute) for attribute in shown}
