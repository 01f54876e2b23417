"""Packaging modules: from payloads to .debs, and what debhelper asks for on the way."""

from pathlib import Path

from qlumod.events import Listener
from qlumod.layer.build import build_payloads, plan
from qlumod.layer.inputs import documents, read_inputs
from qlumod.layer.job import Job
from qlumod.model.names import ModuleName
from qlumod.package.before import Predecessor, read_texts
from qlumod.package.build import build_package
from qlumod.package.changelog import transparency
from qlumod.package.install import install_documents, install_payload, payload_contents
from qlumod.package.plan import Plan
from qlumod.system.store import Store, store_in
from qlumod.workflows.predecessors import known_predecessor


def package_module(
    job: Job, payload: Path, *, store: Store, output: Path, cache: Path, listen: Listener
) -> tuple[Path, ...]:
    """Make the packages of a built module; returns the files in `output`, the .changes last."""
    made = _plan(job, known_predecessor(job.lock, job.spec.module, store))
    return build_package(made, payload, output=output, cache=cache, listen=listen)


def install_module(
    inputs: Path,
    module: ModuleName,
    *,
    package: str,
    destination: Path,
    cache: Path,
    store: Path | None = None,
    listen: Listener,
) -> Path:
    """Put a module into a package's build directory, building it where the cache lacks it.

    This is what `dh_qlumod` calls; `inputs` is ``debian/qlumod``. Returns the payload.
    """
    read = read_inputs(inputs, module)
    made = _plan(read, _carried(read, inputs))
    jobs = plan(read.project, read.lock, [module])
    debs = store_in(cache, store)
    payload = build_payloads(jobs, store=debs, cache=cache, listen=listen)[module]
    manifest = install_payload(payload, destination)
    texts = transparency(made, payload_contents(payload, module))
    install_documents(manifest, texts, destination, package)
    return payload


def _plan(job: Job, before: Predecessor | None) -> Plan:
    return Plan(
        release=job.project.release,
        spec=job.spec,
        lock=job.lock,
        inputs=tuple(sorted(documents(job).items())),
        before=before,
    )


def _carried(job: Job, inputs: Path) -> Predecessor | None:
    """The predecessor that a source package carries; None: its lock names none."""
    locked = job.lock.predecessor_of(job.spec.module)
    if locked is None:
        return None
    return Predecessor(
        module=locked.module,
        version=locked.version,
        texts=read_texts(inputs, locked.module, locked.sha256),
    )
