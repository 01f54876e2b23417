"""The files of module specs: read, with all their faults at once, and written canonically."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_bytes
from qlumod.model.document import FieldText, Reading, Stanza, repeated, written
from qlumod.model.fields import Fields, yes_or_no
from qlumod.model.names import (
    Digest,
    FlavorName,
    ModuleName,
    PackageName,
    flavor_name,
    module_name,
    package_name,
)
from qlumod.model.paths import absolute_path, dpkg_pattern
from qlumod.model.public import parse_public
from qlumod.model.relation import Relation, parse_relation
from qlumod.model.release import Release
from qlumod.model.secret import parse_secret
from qlumod.model.spec import SUFFIX, ModuleSpec, Restored, wanted_in

_PLACES = ("Module", "Variant", "Requires", "Conflicts", "Flavors", "Kernel-Modules", "Restore")
"""Fields that are looked at again when all modules are known."""

_HINTS = {"Variants": "a variant is a stanza of its own, with the field 'Variant'"}
"""Fields that one might look for, and what there is instead."""

_RESTORED = re.compile(r"([a-z0-9][a-z0-9+.*-]+)(?: *<([a-z0-9 ]+)>)? *: *(.+)")
_UNIT = re.compile(
    r"[A-Za-z0-9:_.@-]+\.(service|socket|target|timer|path|mount|automount|swap|slice)\Z"
)


def parse_spec(text: str, path: str, release: Release) -> tuple[ModuleSpec, ...]:
    """Read a ``.module`` file; raises all its faults at once."""
    reading = Reading(path)
    first, *others = reading.stanzas(text)
    stanzas = _variants(reading, first, others) if others else [first]
    specs = _siblings([_spec(Fields(reading, stanza), release) for stanza in stanzas])
    _check_variants(reading, specs)
    reading.finish()
    return tuple(replace(spec, digest=digest_bytes(spec_text(spec).encode())) for spec in specs)


def spec_text(spec: ModuleSpec) -> str:
    """The canonical text of a spec: what is hashed, and what a source package carries."""
    return written(
        (
            ("Format", "1"),
            ("Module", spec.module),
            ("Variant-Of", spec.variant_of or ""),
            ("Title", spec.title),
            ("Stack-Group", spec.stack_group),
            ("Flavors", " ".join(spec.flavors)),
            ("Requires", ", ".join(spec.requires)),
            ("Conflicts", ", ".join(spec.conflicts)),
            ("Archive", ", ".join(map(str, spec.archives))),
            ("Packages", _comma_lines(map(str, spec.packages))),
            ("Build-Packages", _comma_lines(map(str, spec.build_packages))),
            ("Kernel-Modules", _comma_lines(map(str, spec.kernel_modules))),
            ("Restore", tuple(map(str, spec.restore))),
            ("Recommends", "yes" if spec.recommends else ""),
            ("Redistribute", "" if spec.redistribute else "no"),
            ("Prefer", ", ".join(spec.prefer)),
            ("Exclude", spec.exclude),
            ("Include", spec.include),
            ("Wins", spec.wins),
            ("Enable", spec.enable),
            ("Disable", spec.disable),
            ("Debconf", spec.debconf),
            ("Secrets", tuple(map(str, spec.secrets))),
            ("Public", tuple(map(str, spec.public))),
            ("Description", spec.description),
        )
    )


def _variants(reading: Reading, first: Stanza, others: Iterable[Stanza]) -> Iterator[Stanza]:
    """Each variant's stanza, with the fields of the first one that it does not have itself."""
    for stanza in others:
        names = {field.name.lower(): field.line for field in stanza.fields}
        for name in {"module", "variant-of"} & names.keys():
            reading.fault(names[name], "it stands in the first stanza", field=name.title())
        if "variant" in names:
            shared = (field for field in first.fields if _shared(reading, field, names))
            yield Stanza(line=stanza.line, fields=(*shared, *stanza.fields))
        else:
            reading.fault(
                stanza.line, "a further stanza is a variant of the module: 'Variant: NAME'"
            )


def _shared(reading: Reading, field: FieldText, own: Collection[str]) -> bool:
    if field.name.lower() == "variant":
        reading.fault(field.line, "the first stanza is about all variants", field=field.name)
    return field.name.lower() not in own


def _siblings(specs: Sequence[ModuleSpec]) -> tuple[ModuleSpec, ...]:
    """Variants of one module exclude each other."""
    names = [spec.module for spec in specs]
    return tuple(
        replace(spec, conflicts=tuple(dict.fromkeys((*spec.conflicts, *_without(names, spec)))))
        for spec in specs
    )


def _without(names: Iterable[ModuleName], spec: ModuleSpec) -> Iterator[ModuleName]:
    return (name for name in names if name != spec.module)


def _check_variants(reading: Reading, specs: Sequence[ModuleSpec]) -> None:
    first: dict[ModuleName, int] = {}
    for spec in specs:
        line = dict(spec.lines).get("Variant", 0)
        if line and spec.module in (spec.variant_of, *first):
            what = (
                "is the module's own name" if spec.module == spec.variant_of else "is there twice"
            )
            reading.fault(
                line, f"{spec.module!r} {what}: each variant has its own", field="Variant"
            )
        first.setdefault(spec.module, line)


def _spec(fields: Fields, release: Release) -> ModuleSpec:
    family = fields.need("Module", module_name, ModuleName(""))
    variant = fields.one("Variant", module_name, None)
    variant_of = fields.one("Variant-Of", module_name, None)
    requires = fields.commas_at("Requires", _plain_module)
    conflicts = fields.commas_at("Conflicts", _plain_module)
    flavors = fields.words("Flavors", flavor_name)
    spec = ModuleSpec(
        module=variant or family,
        variant_of=family if variant else variant_of,
        path=fields.reading.path,
        flavors=flavors,
        title=fields.need("Title", str, ""),
        stack_group=fields.need("Stack-Group", str, ""),
        description=fields.text("Description"),
        requires=tuple(name for _, name in requires),
        conflicts=tuple(name for _, name in conflicts),
        archives=_archives(fields, flavors, release),
        packages=_packages(fields, flavors, release),
        build_packages=_relations(fields, "Build-Packages", release),
        kernel_modules=_relations(fields, "Kernel-Modules", release),
        restore=fields.rows("Restore", _restored),
        recommends=fields.one("Recommends", yes_or_no, False),
        redistribute=fields.one("Redistribute", yes_or_no, True),
        exclude=fields.words("Exclude", dpkg_pattern),
        include=fields.words("Include", dpkg_pattern),
        wins=fields.words("Wins", absolute_path),
        enable=fields.words("Enable", _unit),
        disable=fields.words("Disable", _unit),
        debconf=fields.rows("Debconf", _preseed),
        secrets=fields.rows("Secrets", parse_secret),
        public=fields.rows("Public", parse_public),
        prefer=fields.commas("Prefer", package_name),
        digest=Digest(""),
        lines=(
            *((name, fields.line_of(name)) for name in _PLACES if fields.has(name)),
            *((f"Requires {name}", line) for line, name in requires),
            *((f"Conflicts {name}", line) for line, name in conflicts),
        ),
    )
    _check_together(fields, spec, release)
    fields.done(hints=_HINTS)
    return spec


def _packages(
    fields: Fields, flavors: Sequence[FlavorName], release: Release
) -> tuple[Relation, ...]:
    if not fields.has("Packages"):
        fields.fault("Packages", "the field is missing")
        return ()
    found = _relations(fields, "Packages", release)
    for flavor in flavors or release.flavors:
        if found and not wanted_in(flavor, found):
            fields.fault(
                "Packages",
                f"there is none for {flavor}",
                remedy="say under Flavors which ones have the module",
            )
    return found


def _relations(fields: Fields, name: str, release: Release) -> tuple[Relation, ...]:
    found = tuple(
        replace(relation, line=line) for line, relation in fields.commas_at(name, parse_relation)
    )
    for relation in found:
        _check_flavors(fields, name, relation, release)
    _check_repeated(fields, name, found, release)
    return found


def _archives(
    fields: Fields, flavors: Sequence[FlavorName], release: Release
) -> tuple[Relation, ...]:
    found = _relations(fields, "Archive", release)
    for relation in found:
        wanted = relation.flavors or flavors or release.flavors
        lacking = [flavor for flavor in wanted if relation.name not in _names(release, flavor)]
        what = "an archive has no version" if relation.operator else ""
        if lacking and not what:
            known = sorted({archive.name for archive in release.archives})
            what = (
                f"the archive does not serve {', '.join(lacking)}"
                if relation.name in known
                else f"the release has no such archive, it has {', '.join(known)}"
            )
        if what:
            fields.fault("Archive", f"{str(relation)!r}: {what}", line=relation.line)
    return found


def _names(release: Release, flavor: FlavorName) -> tuple[str, ...]:
    return tuple(archive.name for archive in release.archives_of(flavor))


def _check_flavors(fields: Fields, name: str, relation: Relation, release: Release) -> None:
    for flavor in relation.flavors:
        if flavor not in release.flavors:
            fields.fault(
                name,
                f"{str(relation)!r}: the release has no flavor {flavor!r}, "
                f"it has {', '.join(release.flavors)}",
                line=relation.line,
            )


def _check_repeated(
    fields: Fields, name: str, relations: Sequence[Relation], release: Release
) -> None:
    for flavor in release.flavors:
        first: dict[PackageName, int] = {}
        for relation in relations:
            if relation.flavors and flavor not in relation.flavors:
                continue
            if relation.name in first:
                fields.fault(
                    name,
                    f"{relation.name!r} is named twice for {flavor}: "
                    f"first in line {first[relation.name]}",
                    line=relation.line,
                )
            first.setdefault(relation.name, relation.line)


def _check_together(fields: Fields, spec: ModuleSpec, release: Release) -> None:
    """Check what no single field can say."""
    _check_file_name(fields, spec)
    for flavor in spec.flavors:
        if flavor not in release.flavors:
            fields.fault("Flavors", f"the release has no flavor {flavor!r}")
    _check_kernel_modules(fields, spec)
    _check_restore(fields, spec, release)
    _check_secrets(fields, spec)
    for field_name, names in (("Requires", spec.requires), ("Conflicts", spec.conflicts)):
        if spec.module in names:
            fields.fault(field_name, f"the module names itself: {spec.module!r}")
    for both in sorted(set(spec.requires) & set(spec.conflicts)):
        fields.fault("Conflicts", f"the module requires {both!r}, too")
    for unit in sorted(set(spec.enable) & set(spec.disable)):
        fields.fault("Disable", f"the unit {unit!r} stands under Enable, too")
    if spec.description and not spec.description.partition("\n")[0].strip():
        fields.fault("Description", "the first line is empty: it is the synopsis")


def _check_secrets(fields: Fields, spec: ModuleSpec) -> None:
    secrets = [secret.path for secret in spec.secrets]
    public = [public.pattern for public in spec.public]
    for name, paths in (("Secrets", secrets), ("Public", public)):
        for path in repeated(paths):
            fields.fault(name, f"{path!r} is named twice")
    for path in sorted({*secrets} & {*public}):
        fields.fault("Public", f"{path!r} stands under Secrets, too")


def _check_kernel_modules(fields: Fields, spec: ModuleSpec) -> None:
    if spec.build_packages and not spec.kernel_modules:
        fields.fault("Build-Packages", "there are no Kernel-Modules to build with them")
    for name in sorted({r.name for r in spec.kernel_modules} & {r.name for r in spec.packages}):
        fields.fault(
            "Kernel-Modules",
            f"{name!r} stands under Packages, too: the layer has what is compiled from it instead",
        )


def _check_restore(fields: Fields, spec: ModuleSpec, release: Release) -> None:
    if spec.restore and not spec.requires:
        fields.fault("Restore", "there is no module below that left anything out")
    for restored in spec.restore:
        for flavor in restored.flavors:
            if flavor not in release.flavors:
                fields.fault("Restore", f"{str(restored)!r}: the release has no flavor {flavor!r}")


def _check_file_name(fields: Fields, spec: ModuleSpec) -> None:
    """A file is named after its module; that of a variant's canonical text after the variant."""
    of_variant = bool(spec.variant_of) and fields.has("Variant")
    module = spec.variant_of if of_variant else spec.module
    name = fields.reading.path.rpartition("/")[2]
    if module and name != f"{module}{SUFFIX}":
        fields.fault(
            "Module",
            f"the file of module {module!r} is {module}{SUFFIX}, not {name}",
            remedy="rename the file or the module",
        )


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


def _comma_lines(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{item}," for item in items)
