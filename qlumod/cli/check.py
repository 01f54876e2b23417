"""qlumod check: is what the engineers wrote right, as far as one can tell without the network?"""

from collections.abc import Iterator
from pathlib import Path

from qlumod.cli import options
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns
from qlumod.lock.verbs.check import check_specs
from qlumod.model.project import Project
from qlumod.model.spec import ModuleSpec


@options.verb(examples=["qlumod check", "qlumod check --specs ../site/module-specs --json"])
@options.specs
@options.reports()
def command(*, specs: Path, reporter: Reporter) -> None:
    """Check release, accounts and module specs, without the network.

    Reads all documents, reports all their faults at once, and prints a summary.
    """
    project = check_specs(specs)
    reporter.result(_document(project), _lines(project))


def _lines(project: Project) -> Iterator[str]:
    release = project.release
    yield f"release {release.version}: {', '.join(release.flavors)} on " + ", ".join(
        release.architectures
    )
    yield f"archives: {', '.join(dict.fromkeys(archive.name for archive in release.archives))}"
    users = {user.name for user in project.accounts.users}
    groups = {group.name for group in project.accounts.groups}
    yield f"accounts: {len(users)} users, {len(groups)} groups"
    yield f"modules: {len(project.specs)}, in the order they are built"
    heading = ("module", "stack group", "flavors", "requires", "packages", "secrets")
    for line in columns([heading, *map(_row, project.specs)]):
        yield f"  {line}"
    yield from (f"caution: {place}" for place in project.unknown_conflicts)


def _row(spec: ModuleSpec) -> tuple[str, ...]:
    requires = ", ".join(spec.requires) or "-"
    return (
        spec.module,
        spec.stack_group,
        ", ".join(spec.flavors) or "all",
        requires,
        str(len(spec.packages)),
        str(len(spec.secrets)),
    )


def _document(project: Project) -> dict[str, object]:
    release = project.release
    return {
        "release": {
            "version": str(release.version),
            "digest": release.digest,
            "flavors": list(release.flavors),
            "architectures": list(release.architectures),
            "archives": list(dict.fromkeys(archive.name for archive in release.archives)),
        },
        "accounts": {
            "digest": project.accounts.digest,
            "users": sorted({user.name for user in project.accounts.users}),
            "groups": sorted({group.name for group in project.accounts.groups}),
        },
        "modules": [_module(spec) for spec in project.specs],
        "cautions": list(project.unknown_conflicts),
    }


def _module(spec: ModuleSpec) -> dict[str, object]:
    return {
        "module": spec.module,
        "file": spec.path,
        "digest": spec.digest,
        "title": spec.title,
        "stack_group": spec.stack_group,
        "variant_of": spec.variant_of,
        "flavors": list(spec.flavors),
        "requires": list(spec.requires),
        "conflicts": list(spec.conflicts),
        "packages": [str(relation) for relation in spec.packages],
        "secrets": [{"path": secret.path, "kind": str(secret.kind)} for secret in spec.secrets],
        "public": [{"pattern": one.pattern, "reason": one.reason} for one in spec.public],
    }
