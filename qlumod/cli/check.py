"""qlumod check: is what the engineers wrote right, as far as one can tell without the network?"""

from collections.abc import Iterator
from pathlib import Path

from qlumod.cli import options
from qlumod.cli.screen import Reporter, columns
from qlumod.model.project import Project
from qlumod.model.spec import ModuleSpec
from qlumod.workflows.check import check


@options.verb(examples=["qlumod check", "qlumod check --specs ../site/module-specs --json"])
@options.specs
@options.reports()
def command(*, specs: Path, reporter: Reporter) -> None:
    """Check release, accounts and module specs, without the network.

    Reads every document, reports all the faults of all of them at once, and says what it found.
    """
    project = check(specs)
    reporter.result(_document(project), _lines(project))


def _lines(project: Project) -> Iterator[str]:
    release = project.release
    yield f"release {release.version}: {', '.join(release.flavors)} on " + ", ".join(
        release.architectures
    )
    yield f"archives: {', '.join(archive.name for archive in release.archives)}"
    yield f"accounts: {len(project.accounts.users)} users, {len(project.accounts.groups)} groups"
    yield f"modules: {len(project.specs)}, in the order they are built"
    heading = ("module", "stack group", "requires", "packages", "secrets")
    for line in columns([heading, *map(_row, project.specs)]):
        yield f"  {line}"


def _row(spec: ModuleSpec) -> tuple[str, ...]:
    requires = ", ".join(spec.requires) or "-"
    return (
        spec.module,
        spec.stack_group,
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
            "archives": [archive.name for archive in release.archives],
        },
        "accounts": {
            "digest": project.accounts.digest,
            "users": [user.name for user in project.accounts.users],
            "groups": [group.name for group in project.accounts.groups],
        },
        "modules": [_module(spec) for spec in project.specs],
    }


def _module(spec: ModuleSpec) -> dict[str, object]:
    return {
        "module": spec.module,
        "file": spec.path,
        "digest": spec.digest,
        "title": spec.title,
        "stack_group": spec.stack_group,
        "requires": list(spec.requires),
        "conflicts": list(spec.conflicts),
        "packages": [str(relation) for relation in spec.packages],
        "secrets": [{"path": secret.path, "kind": str(secret.kind)} for secret in spec.secrets],
    }
