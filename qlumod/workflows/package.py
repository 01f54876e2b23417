"""Packaging modules: from payloads to .debs, and what debhelper asks for on the way."""

from collections.abc import Mapping
from pathlib import Path

from qlumod.events import Listener
from qlumod.layer.build import build_payloads, plan
from qlumod.layer.inputs import documents, read_inputs
from qlumod.layer.job import Job
from qlumod.model.names import ModuleName
from qlumod.package.build import build_package
from qlumod.package.install import changelog_names, install_documents, install_payload
from qlumod.package.plan import Plan
from qlumod.system.store import store_in


def package_module(
    job: Job, payload: Path, *, output: Path, cache: Path, listen: Listener
) -> tuple[Path, ...]:
    """Make the packages of a built module; returns the files in `output`, the .changes last."""
    made = Plan(
        release=job.project.release,
        spec=job.spec,
        lock=job.lock,
        inputs=tuple(sorted(documents(job).items())),
    )
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
    jobs = plan(read.project, read.lock, [module])
    debs = store_in(cache, store)
    payload = build_payloads(jobs, store=debs, cache=cache, listen=listen)[module]
    manifest = install_payload(payload, destination)
    install_documents(
        manifest, _changelogs(inputs, changelog_names(manifest)), destination, package
    )
    return payload


def _changelogs(inputs: Path, names: tuple[str, ...]) -> Mapping[str, str]:
    return {
        name: (inputs / name).read_text(encoding="utf-8")
        for name in names
        if (inputs / name).is_file()
    }
