"""The files of module specs: reading them with all errors at once, and their canonical text."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from qlumod.model.digests import digest_bytes
from qlumod.model.document import FieldText, Reading, Stanza, written
from qlumod.model.field_table import read_values, texts
from qlumod.model.fields import Fields
from qlumod.model.names import Digest, ModuleName, module_name
from qlumod.model.release import Release
from qlumod.model.spec import ModuleSpec
from qlumod.model.spec_fields import MODULE_FIELDS, SPEC_FIELDS
from qlumod.model.spec_rules import check_spec

_HINTS = {"Variants": "a variant is a stanza of its own, with the field 'Variant'"}
"""Fields that users may expect, and their replacements."""


def parse_spec(text: str, path: str, release: Release) -> tuple[ModuleSpec, ...]:
    """Read a ``.module`` file; raises all its errors at once."""
    reading = Reading(path)
    first, *others = reading.stanzas(text)
    stanzas = _variants(reading, first, others) if others else [first]
    specs = _siblings([_spec(Fields(reading, stanza), release) for stanza in stanzas])
    _check_variants(reading, specs)
    reading.finish()
    return tuple(replace(spec, digest=digest_bytes(spec_text(spec).encode())) for spec in specs)


def spec_text(spec: ModuleSpec) -> str:
    """The canonical text of a spec, which is hashed, and which a source package contains."""
    return written((("Format", "1"), *texts(SPEC_FIELDS, spec)))


def _variants(reading: Reading, first: Stanza, others: Iterable[Stanza]) -> Iterator[Stanza]:
    """Each variant's stanza, with the fields of the first stanza that it lacks itself."""
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
    """Let the variants of one module exclude each other."""
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
    values = read_values(fields, SPEC_FIELDS)
    if variant := fields.one("Variant", module_name, None):
        values |= {"module": variant, "variant_of": values["module"]}
    spec = ModuleSpec(
        **values, path=fields.reading.path, digest=Digest(""), lines=tuple(_lines(fields))
    )
    check_spec(fields, spec, release)
    fields.done(hints=_HINTS)
    return spec


def _lines(fields: Fields) -> Iterator[tuple[str, int]]:
    for name in ("Variant", *(entry.name for entry in SPEC_FIELDS)):
        if fields.has(name):
            yield name, fields.line_of(name)
    for entry in MODULE_FIELDS:
        for line, module in fields.commas_at(entry.name, entry.parse):
            yield f"{entry.name} {module}", line
