"""The module spec: what an engineer writes."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.digests import digest_bytes
from qlumod.model.document import Fields, Reading, Stanza, written, yes_or_no
from qlumod.model.names import (
    Digest,
    FlavorName,
    ModuleName,
    PackageName,
    module_name,
    package_name,
)
from qlumod.model.paths import absolute_path, dpkg_pattern
from qlumod.model.relation import Relation, parse_relation
from qlumod.model.release import Release
from qlumod.model.secret import Secret, SecretKind, parse_secret

__all__ = [
    "ModuleSpec",
    "Relation",
    "Secret",
    "SecretKind",
    "in_build_order",
    "parse_spec",
    "spec_text",
    "with_requirements",
]

LATER = ("Variant", "Variants", "Archive", "Build-Packages", "Kernel-Modules", "Restore")
"""Fields of the design that are not built yet: refused, so that nobody relies on them."""

SUFFIX = ".module"
"""What a spec's file name ends with."""

_PLACES = ("Module", "Requires", "Conflicts")
"""Fields that are looked at again when all modules are known."""

_UNIT = re.compile(
    r"[A-Za-z0-9:_.@-]+\.(service|socket|target|timer|path|mount|automount|swap|slice)\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSpec:
    """What one stanza of a ``.module`` file says (a variant is a spec of its own).

    Fields of the file and attributes have the same names. `packages` are the relations as
    written, for all flavors; see `packages_for`. `digest` is that of the canonical text
    (`spec_text`), which knows neither path nor lines nor comments.
    """

    module: ModuleName
    path: str = field(compare=False)
    """The file it was read from, for errors."""
    title: str
    stack_group: str
    description: str
    """Synopsis, then the extended lines as in a control file (Policy 5.6.13) without their first
    blank (an empty line is ``.``), joined by newlines."""
    requires: tuple[ModuleName, ...] = ()
    conflicts: tuple[ModuleName, ...] = ()
    packages: tuple[Relation, ...] = ()
    recommends: bool = False
    """Whether apt takes the packages' Recommends, too."""
    exclude: tuple[str, ...] = ()
    """dpkg path-exclude patterns of this module."""
    include: tuple[str, ...] = ()
    """dpkg path-include patterns: exceptions to the excludes."""
    wins: tuple[str, ...] = ()
    """Absolute paths where this module's file overrides that of a module below."""
    enable: tuple[str, ...] = ()
    """systemd units to enable at the end of the build."""
    disable: tuple[str, ...] = ()
    """systemd units to disable at the end of the build."""
    debconf: tuple[str, ...] = ()
    """Preseeding lines of debconf-set-selections(1): ``package question type value``."""
    secrets: tuple[Secret, ...] = ()
    prefer: tuple[PackageName, ...] = ()
    """Packages that apt is to choose first where alternatives satisfy a dependency."""
    digest: Digest
    lines: tuple[tuple[str, int], ...] = field(default=(), compare=False, repr=False)
    """Where fields (``Requires``) and their items (``Requires core``) stand, for errors."""

    def packages_for(self, flavor: FlavorName) -> tuple[Relation, ...]:
        """The packages wanted in a flavor, in the file's order."""
        return tuple(r for r in self.packages if not r.flavors or flavor in r.flavors)

    def at(self, name: str, item: str = "") -> str:
        """Say where a field stands, or an item of it: ``slurm.module:5: Requires``."""
        lines = dict(self.lines)
        line = lines.get(f"{name} {item}") or lines.get(name) or lines.get("Module", 1)
        return f"{self.path}:{line}: {name}"


def parse_spec(text: str, path: str, release: Release) -> tuple[ModuleSpec, ...]:
    """Read a ``.module`` file; raises all its faults at once."""
    reading = Reading(path)
    specs = [_spec(Fields(reading, stanza), release) for stanza in _only(reading, text)]
    reading.finish()
    return tuple(replace(spec, digest=digest_bytes(spec_text(spec).encode())) for spec in specs)


def spec_text(spec: ModuleSpec) -> str:
    """The canonical text of a spec: what is hashed, and what a source package carries."""
    return written(
        (
            ("Format", "1"),
            ("Module", spec.module),
            ("Title", spec.title),
            ("Stack-Group", spec.stack_group),
            ("Requires", ", ".join(spec.requires)),
            ("Conflicts", ", ".join(spec.conflicts)),
            ("Packages", _comma_lines(map(str, spec.packages))),
            ("Recommends", "yes" if spec.recommends else ""),
            ("Prefer", ", ".join(spec.prefer)),
            ("Exclude", spec.exclude),
            ("Include", spec.include),
            ("Wins", spec.wins),
            ("Enable", spec.enable),
            ("Disable", spec.disable),
            ("Debconf", spec.debconf),
            ("Secrets", tuple(map(str, spec.secrets))),
            ("Description", spec.description),
        )
    )


def in_build_order(specs: Sequence[ModuleSpec]) -> tuple[ModuleSpec, ...]:
    """Sort by requirement (what is required first), then by name; raises on cycles and gaps."""
    known = {spec.module: spec for spec in specs}
    raise_faults(_gaps(specs, known))
    placed: dict[ModuleName, ModuleSpec] = {}
    while len(placed) < len(known):
        ready = [
            name
            for name, spec in known.items()
            if name not in placed and all(below in placed for below in spec.requires)
        ]
        if not ready:
            raise _cycle(known, placed)
        placed[min(ready)] = known[min(ready)]
    return tuple(placed.values())


def with_requirements(
    wanted: Sequence[ModuleName], specs: Sequence[ModuleSpec]
) -> tuple[ModuleSpec, ...]:
    """The wanted modules and all that they require, in build order; raises on an unknown name."""
    known = {spec.module: spec for spec in specs}
    raise_faults(
        QlumodError(
            f"there is no module {name!r}", remedy=f"choose from {', '.join(sorted(known))}"
        )
        for name in wanted
        if name not in known
    )
    found: dict[ModuleName, ModuleSpec] = {}
    open_names = list(wanted)
    while open_names:
        name = open_names.pop()
        if name in known and name not in found:
            found[name] = known[name]
            open_names.extend(known[name].requires)
    raise_faults(_gaps(tuple(found.values()), known))
    return in_build_order(tuple(found.values()))


def _gaps(
    specs: Iterable[ModuleSpec], known: Mapping[ModuleName, ModuleSpec]
) -> Iterator[QlumodError]:
    for spec in specs:
        for below in spec.requires:
            if below not in known:
                yield QlumodError(
                    f"{spec.at('Requires', below)}: there is no module {below!r}",
                    remedy=f"write {below}{SUFFIX}, or choose from {', '.join(sorted(known))}",
                )


def _cycle(
    known: Mapping[ModuleName, ModuleSpec], placed: Mapping[ModuleName, ModuleSpec]
) -> QlumodError:
    """Name a cycle: go from requirement to requirement until a module comes again."""
    way = [min(name for name in known if name not in placed)]
    while way[-1] not in way[:-1]:
        way.append(min(name for name in known[way[-1]].requires if name not in placed))
    circle = way[way.index(way[-1]) :]
    return QlumodError(
        f"{known[circle[0]].at('Requires', circle[1])}: modules require each other in a circle: "
        + " → ".join(circle),
        remedy="take one of these requirements out",
    )


def _only(reading: Reading, text: str) -> Iterator[Stanza]:
    first, *others = reading.stanzas(text)
    for stanza in others:
        names = {field.name.lower() for field in stanza.fields}
        what = (
            "variants are not yet supported" if "variant" in names else "a spec has one stanza only"
        )
        reading.fault(stanza.line, what)
    yield first


def _spec(fields: Fields, release: Release) -> ModuleSpec:
    module = fields.need("Module", module_name, ModuleName(""))
    packages = _packages(fields, release)
    requires = fields.commas_at("Requires", _plain_module)
    conflicts = fields.commas_at("Conflicts", _plain_module)
    spec = ModuleSpec(
        module=module,
        path=fields.reading.path,
        title=fields.need("Title", str, ""),
        stack_group=fields.need("Stack-Group", str, ""),
        description=fields.text("Description"),
        requires=tuple(name for _, name in requires),
        conflicts=tuple(name for _, name in conflicts),
        packages=packages,
        recommends=fields.one("Recommends", yes_or_no, False),
        exclude=fields.words("Exclude", dpkg_pattern),
        include=fields.words("Include", dpkg_pattern),
        wins=fields.words("Wins", absolute_path),
        enable=fields.words("Enable", _unit),
        disable=fields.words("Disable", _unit),
        debconf=fields.rows("Debconf", _preseed),
        secrets=fields.rows("Secrets", parse_secret),
        prefer=fields.commas("Prefer", package_name),
        digest=Digest(""),
        lines=(
            *((name, fields.line_of(name)) for name in _PLACES if fields.has(name)),
            *((f"Requires {name}", line) for line, name in requires),
            *((f"Conflicts {name}", line) for line, name in conflicts),
        ),
    )
    _check_together(fields, spec)
    fields.done(later=LATER)
    return spec


def _packages(fields: Fields, release: Release) -> tuple[Relation, ...]:
    if not fields.has("Packages"):
        fields.fault("Packages", "the field is missing")
    found = tuple(
        replace(relation, line=line)
        for line, relation in fields.commas_at("Packages", parse_relation)
    )
    for relation in found:
        _check_flavors(fields, relation, release)
    _check_repeated(fields, found, release)
    return found


def _check_flavors(fields: Fields, relation: Relation, release: Release) -> None:
    for flavor in relation.flavors:
        if flavor not in release.flavors:
            fields.fault(
                "Packages",
                f"{str(relation)!r}: the release has no flavor {flavor!r}, "
                f"it has {', '.join(release.flavors)}",
                line=relation.line,
            )


def _check_repeated(fields: Fields, relations: Sequence[Relation], release: Release) -> None:
    for flavor in release.flavors:
        first: dict[PackageName, int] = {}
        for relation in relations:
            if relation.flavors and flavor not in relation.flavors:
                continue
            if relation.name in first:
                fields.fault(
                    "Packages",
                    f"{relation.name!r} is named twice for {flavor}: "
                    f"first in line {first[relation.name]}",
                    line=relation.line,
                )
            first.setdefault(relation.name, relation.line)


def _check_together(fields: Fields, spec: ModuleSpec) -> None:
    """Check what no single field can say."""
    name = fields.reading.path.rpartition("/")[2]
    if spec.module and name != f"{spec.module}{SUFFIX}":
        fields.fault(
            "Module",
            f"the file of module {spec.module!r} is {spec.module}{SUFFIX}, not {name}",
            remedy="rename the file or the module",
        )
    paths = [secret.path for secret in spec.secrets]
    for path in sorted({path for path in paths if paths.count(path) > 1}):
        fields.fault("Secrets", f"{path!r} is named twice")
    for field_name, names in (("Requires", spec.requires), ("Conflicts", spec.conflicts)):
        if spec.module in names:
            fields.fault(field_name, f"the module names itself: {spec.module!r}")
    for both in sorted(set(spec.requires) & set(spec.conflicts)):
        fields.fault("Conflicts", f"the module requires {both!r}, too")
    for unit in sorted(set(spec.enable) & set(spec.disable)):
        fields.fault("Disable", f"the unit {unit!r} stands under Enable, too")
    if spec.description and not spec.description.partition("\n")[0].strip():
        fields.fault("Description", "the first line is empty: it is the synopsis")


def _plain_module(text: str) -> ModuleName:
    if any(char in text for char in "(<[|"):
        raise QlumodError(
            f"{text!r}: only the module's name stands here: the modules of a release fit together"
        )
    return module_name(text)


def _unit(text: str) -> str:
    if not _UNIT.match(text):
        raise QlumodError(f"{text!r} is no systemd unit: it has a name such as 'slurmd.service'")
    return text


def _preseed(text: str) -> str:
    words = text.split(None, 3)
    if len(words) < 3:
        raise QlumodError(f"{text!r} is no preseeding line: 'package question type value'")
    package_name(words[0])
    return " ".join(words)


def _comma_lines(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{item}," for item in items)
