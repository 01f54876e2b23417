"""The rules for several fields of a module spec, or for a spec and its release."""

from collections.abc import Sequence

from qlumod.model.document import repeated
from qlumod.model.fields import Fields
from qlumod.model.names import FlavorName, PackageName
from qlumod.model.relation import Relation
from qlumod.model.release import Release
from qlumod.model.spec import SUFFIX, ModuleSpec, wanted_in
from qlumod.model.spec_fields import MODULE_FIELDS, RELATION_FIELDS


def check_spec(fields: Fields, spec: ModuleSpec, release: Release) -> None:
    """Note the errors of a spec that was read from these fields."""
    _check_relations(fields, spec, release)
    _check_archives(fields, spec, release)
    _check_packages(fields, spec, release)
    _check_file_name(fields, spec)
    for flavor in spec.flavors:
        if flavor not in release.flavors:
            fields.fault("Flavors", f"the release has no flavor {flavor!r}")
    _check_kernel_modules(fields, spec)
    _check_restore(fields, spec, release)
    _check_secrets(fields, spec)
    _check_modules(fields, spec)
    for unit in sorted(set(spec.enable) & set(spec.disable)):
        fields.fault("Disable", f"the unit {unit!r} stands under Enable, too")
    if spec.description and not spec.description.partition("\n")[0].strip():
        fields.fault("Description", "the first line is empty: it is the synopsis")


def _check_relations(fields: Fields, spec: ModuleSpec, release: Release) -> None:
    for entry in RELATION_FIELDS:
        relations = getattr(spec, entry.attribute)
        for relation in relations:
            _check_flavors(fields, entry.name, relation, release)
        _check_repeated(fields, entry.name, relations, release)


def _check_archives(fields: Fields, spec: ModuleSpec, release: Release) -> None:
    for relation in spec.archives:
        wanted = relation.flavors or spec.flavors or release.flavors
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


def _check_packages(fields: Fields, spec: ModuleSpec, release: Release) -> None:
    wanted = (*spec.packages, *spec.kernel_modules)
    if not wanted and not fields.has("Packages"):
        fields.fault("Packages", "the field is missing")
    for flavor in spec.flavors or release.flavors:
        if wanted and not wanted_in(flavor, wanted):
            fields.fault(
                "Packages",
                f"there is none for {flavor}",
                remedy="say under Flavors which ones have the module",
            )


def _check_modules(fields: Fields, spec: ModuleSpec) -> None:
    for entry in MODULE_FIELDS:
        if spec.module in getattr(spec, entry.attribute):
            fields.fault(entry.name, f"the module names itself: {spec.module!r}")
    for both in sorted(set(spec.requires) & set(spec.conflicts)):
        fields.fault("Conflicts", f"the module requires {both!r}, too")


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
