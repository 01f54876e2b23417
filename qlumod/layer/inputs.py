"""A job as a directory of documents: how it travels into the namespace and into source packages."""

from pathlib import Path

from qlumod.layer.job import Job
from qlumod.model.accounts import accounts_text, parse_accounts
from qlumod.model.lock import lock_text, parse_lock
from qlumod.model.names import ModuleName
from qlumod.model.project import Project, checked
from qlumod.model.release import parse_release, release_text
from qlumod.model.spec import parse_spec, spec_text, with_requirements

RELEASE = "release"
ACCOUNTS = "accounts"
LOCK = "lock"
SPEC = ".module"


def write_inputs(job: Job, directory: Path) -> Path:
    """Write all that decides a module's layer; the files are the same wherever they are written."""
    directory.mkdir()
    specs = with_requirements([job.spec.module], job.project.specs)
    lock = job.lock.restricted_to(spec.module for spec in specs)
    documents = {
        RELEASE: release_text(job.project.release),
        ACCOUNTS: accounts_text(job.project.accounts),
        LOCK: lock_text(lock),
        **{f"{spec.module}{SPEC}": spec_text(spec) for spec in specs},
    }
    for name, text in documents.items():
        (directory / name).write_text(text)
    return directory


def read_inputs(directory: Path, module: ModuleName) -> Job:
    """Read what `write_inputs` wrote; `below` is empty, since layers are no documents."""
    release = parse_release((directory / RELEASE).read_text(), str(directory / RELEASE))
    accounts_path = str(directory / ACCOUNTS)
    accounts = parse_accounts((directory / ACCOUNTS).read_text(), accounts_path)
    specs = tuple(
        spec
        for path in sorted(directory.glob(f"*{SPEC}"))
        for spec in parse_spec(path.read_text(), str(path), release)
    )
    project = checked(release, accounts, specs)
    return Job(
        spec=project.spec(module),
        project=project,
        lock=parse_lock((directory / LOCK).read_text(), str(directory / LOCK)),
        below=(),
    )
