"""A job as a directory of documents, for the namespace and for source packages."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from qlumod.layer.job import Job
from qlumod.model.accounts_file import accounts_text, parse_accounts
from qlumod.model.lock_file import lock_text, parse_lock
from qlumod.model.module_file import parse_spec, spec_text
from qlumod.model.names import ModuleName
from qlumod.model.project import Project
from qlumod.model.release import parse_release, release_text
from qlumod.model.spec import in_build_order, with_requirements
from qlumod.system.disk.documents import read_document

RELEASE = "release"
ACCOUNTS = "accounts"
LOCK = "lock"
SPEC = ".module"


def documents(job: Job) -> dict[str, str]:
    """All documents that determine a module's layer, by file name; the same for both uses."""
    specs = with_requirements([job.spec.module], job.project.specs)
    lock = job.lock.restricted_to(spec.module for spec in specs)
    before = lock.predecessor_of(job.spec.module)
    # Whether a module is published already does not affect its layer.
    lock = replace(lock, predecessors=(before,) if before else (), publications=())
    return {
        RELEASE: release_text(job.project.release),
        ACCOUNTS: accounts_text(job.project.accounts),
        LOCK: lock_text(lock),
        **{f"{spec.module}{SPEC}": spec_text(spec) for spec in specs},
    }


def write_inputs(job: Job, directory: Path) -> Path:
    """Write the documents of a job into a new directory."""
    directory.mkdir()
    for name, text in documents(job).items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def read_inputs(directory: Path, module: ModuleName) -> Job:
    """Read the result of `write_inputs`; `below` is empty, since layers are no documents."""
    names = (RELEASE, ACCOUNTS, LOCK, *(path.name for path in directory.glob(f"*{SPEC}")))
    texts = {name: read_document(directory / name, within=directory) for name in names}
    return parse_inputs(texts, module, str(directory))


def parse_inputs(texts: Mapping[str, str], module: ModuleName, where: str) -> Job:
    """Parse the documents of a job; `where` is their place, for errors."""
    release = parse_release(texts[RELEASE], f"{where}/{RELEASE}")
    specs = tuple(
        spec
        for name in sorted(texts)
        if name.endswith(SPEC) and "/" not in name
        for spec in parse_spec(texts[name], f"{where}/{name}", release)
    )
    # A part of a project that was checked as a whole: conflicts may name modules that are not here.
    project = Project(
        release=release,
        accounts=parse_accounts(texts[ACCOUNTS], f"{where}/{ACCOUNTS}"),
        specs=in_build_order(specs),
    )
    return Job(
        spec=project.spec(module),
        project=project,
        lock=parse_lock(texts[LOCK], f"{where}/{LOCK}"),
        below=(),
    )
