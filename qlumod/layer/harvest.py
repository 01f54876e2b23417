"""Making a payload from an installation: layer, state, contents and manifest."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from qlumod.errors import QlumodError, gathering, raise_faults
from qlumod.events import Proposal, UnitsEnabled, step
from qlumod.layer.copyright_files import copyright_texts, licence_texts, lost_licences
from qlumod.layer.excluded import filters_of
from qlumod.layer.gate import Gate, declared_secrets
from qlumod.layer.ground import Ground
from qlumod.layer.job import Job
from qlumod.layer.kernel_files import kernel_in, require_dependencies, require_kernel
from qlumod.layer.owners import left_out_paths, origin, owners_of
from qlumod.layer.payload_files import write_documents, write_manifest
from qlumod.layer.registration import require_registered
from qlumod.layer.select import Selection, select
from qlumod.layer.shipped import Shipped
from qlumod.layer.task import Task
from qlumod.layer.unfit import (
    faults_of_access_lists,
    faults_of_devices,
    faults_of_names,
    faults_of_secrets,
    faults_of_sockets,
)
from qlumod.model.copyright import collected
from qlumod.model.manifest import INITRD, KERNEL, LAYER
from qlumod.packaging.database import FileLists
from qlumod.packaging.initrd import path_of
from qlumod.stack.contents_lines import path_lines
from qlumod.stack.initrd import make_initrd
from qlumod.stack.looking import MOST_INITRD
from qlumod.stack.payload import CACHES as CACHES_FRAGMENT
from qlumod.stack.settle import settle
from qlumod.stack.state_files import Owners, read_files
from qlumod.state.delta import Action
from qlumod.state.enabled_units import enabled_units
from qlumod.state.kind import Files, Kind, canonical_path
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.squashfs import Squashing, write_image
from qlumod.system.disk.within import Root


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crop:
    """The found data that is to be written."""

    gate: Gate
    lists: FileLists
    owners: Mapping[str, str]
    fragments: Mapping[str, bytes]
    kernel: str
    """The kernel release that the module itself has; empty: none."""

    @property
    def chosen(self) -> Selection:
        """The paths for the layer."""
        return self.gate.chosen


def harvest(task: Task, ground: Ground) -> None:
    """Write the payload directory of a module that has just been installed."""
    with step(task.listen, "reading what was installed"):
        crop = _crop(task, ground)
    with step(task.listen, "compressing the layer"):
        _write_layer(task, ground, crop)
    _write_texts(task, ground, crop)
    write_manifest(
        task.job,
        task.output,
        kernel=crop.kernel or next(iter(crop.chosen.kernels), ""),
        unpacked_size=sum(entry.size for entry in crop.chosen.kept),
    )


def _crop(task: Task, ground: Ground) -> _Crop:
    """Find the data of the payload; raises all errors at once.

    Secrets are searched for while the layer is compressed, if there are no other errors.
    """
    job, lists, database = task.job, task.file_lists(ground.root), task.packaging.database
    # Parent directories of a module's files belong to packages of modules below.
    owners = {
        **owners_of(database.file_lists(ground.root)),
        **owners_of(lists),
        **database.own_files(ground.root),
    }
    chosen = select(job, task.packaging.state, ground.tree, ground.view, Owners.of(ground.root))
    shipped = Shipped.of((*job.packages, *job.restoring), task.supply, task.processors)
    gate = Gate(
        tree=ground.tree,
        chosen=chosen,
        shipped=shipped,
        database=database,
        declared=declared_secrets(ground.tree, chosen, shipped),
        owners=owners,
        initrd=task.packaging.initrd,
        answers=task.packaging.answers,
        public=job.spec.public,
        view=ground.view,
        processors=task.processors,
        listen=task.listen,
    )
    task.listen(UnitsEnabled(module=job.spec.module, units=enabled_units(chosen.plan.kept)))
    faults = [*_faults(job, ground, chosen, lists, owners)]
    fragments = _fragments(task, ground, chosen, faults)
    kernel = ""
    with gathering(faults):
        kernel = kernel_in(
            chosen.entries,
            job.spec.module,
            task.packaging.initrd.kernels,
            below=ground.kernel,
        )
    crop = _Crop(gate=gate, lists=lists, owners=owners, fragments=fragments, kernel=kernel)
    with gathering(faults):
        _check_kernels(task, ground, crop)
    if faults:
        raise_faults((*faults, *_secrets_besides(task, ground, crop)))
    return crop


def _check_kernels(task: Task, ground: Ground, crop: _Crop) -> None:
    kernels, spec = crop.chosen.kernels, task.job.spec
    require_kernel(kernels, crop.kernel or ground.kernel, spec.module)
    if spec.exclude or ground.left_out:
        for release in kernels:
            require_dependencies(ground.root, release, spec.module, ground.left_out, task.listen)


def _secrets_besides(task: Task, ground: Ground, crop: _Crop) -> Iterator[QlumodError]:
    """The errors of secrets, if the build must stop for other reasons, and proposals for Wins."""
    refused = crop.chosen.plan.of(Action.REFUSE)
    task.listen(Proposal(values=tuple(("Wins", step.path) for step in refused)))
    _remove_secrets(ground, crop)
    yield from crop.gate.faults(crop.fragments)
    faults: list[QlumodError] = []
    with gathering(faults):
        _write_boot(task, ground.root, crop.kernel)
        faults += _faults_of_boot(task, crop)
    yield from faults


def _remove_secrets(ground: Ground, crop: _Crop) -> None:
    """Remove the files that the spec lists under Secrets: the initrd is public, too."""
    for path in crop.chosen.secrets:
        ground.root.remove(path)


def _write_texts(task: Task, ground: Ground, crop: _Crop) -> None:
    """Write the documents about the layer."""
    job, chosen, root = task.job, crop.chosen, ground.root
    names, generator_of = Owners.of(root), task.packaging.database.generator_of
    licences = Root(task.space / "copyright")
    licences.place.mkdir()
    cache_of = {path: name for name, path in chosen.caches}
    copyrights = copyright_texts(job, task.packaging.state, root, task.supply, licences)
    filters = filters_of(job)
    for caution in lost_licences(job, crop.lists, filters, task.supply):
        task.listen(caution)
    write_documents(
        job,
        task.output,
        fragments=crop.fragments,
        lines=path_lines(
            chosen.kept,
            origin=lambda path: origin(path, crop.owners, cache_of.get(path), generator_of),
            owner=lambda entry: f"{names.user(entry.uid)}:{names.group(entry.gid)}",
        ),
        left_out=left_out_paths(crop.lists, _present(root, crop.lists), filters, chosen.beside),
        copyrights=collected(
            job.lock,
            job.spec.module,
            copyrights,
            licence_texts(job, task.supply, copyrights),
        ),
    )


def _write_layer(task: Task, ground: Ground, crop: _Crop) -> None:
    """Compress the layer, and meanwhile search for secrets and make the initrd beside it."""
    job, output, chosen = task.job, task.output, crop.chosen
    settle(ground.tree, chosen.entries.values(), job.epoch)
    _remove_secrets(ground, crop)
    with ThreadPoolExecutor(2) as pool:
        image = pool.submit(
            write_image,
            ground.tree.place,
            output / LAYER,
            Squashing(
                epoch=job.epoch,
                compression=job.project.release.compression,
                processors=task.processors,
            ),
            left_out=[path.lstrip("/") for path in ground.tree.present(chosen.left_behind)],
            scratch=task.space,
            listen=task.listen,
        )
        initrd = pool.submit(_write_boot, task, ground.root, crop.kernel)
        faults = [*crop.gate.faults(crop.fragments)]
        with gathering(faults):
            initrd.result()
            faults += _faults_of_boot(task, crop)
        image.result()
    raise_faults(faults)


def _write_boot(task: Task, root: Root, kernel: str) -> None:
    """Write the files beside the layer of the module that has a kernel."""
    if not kernel:
        return
    maker, output = task.packaging.initrd, task.output
    (output / KERNEL).parent.mkdir(mode=0o755)
    root.copy_out(path_of(maker.kernels, kernel), output / KERNEL)
    make_initrd(maker, root, kernel, output / INITRD, epoch=task.job.epoch, listen=task.listen)


def _faults_of_boot(task: Task, crop: _Crop) -> Iterator[QlumodError]:
    """The errors of the files that `_write_boot` wrote."""
    if crop.kernel:
        image = read_bytes(task.output / INITRD, most=MOST_INITRD)
        yield from crop.gate.faults_of_initrd(image)


def _faults(
    job: Job, ground: Ground, chosen: Selection, lists: FileLists, owners: Mapping[str, str]
) -> Iterator[QlumodError]:
    """The errors of the installed paths."""
    module = job.spec.module
    yield from faults_of_names({*chosen.entries, *(p for paths in lists.values() for p in paths)})
    yield from faults_of_sockets(chosen.kept)
    yield from faults_of_access_lists(chosen.kept, module)
    if ground.view is None:
        yield from faults_of_devices(chosen.entries.values(), owners, module)
    yield from faults_of_secrets(job.spec.secrets, ground.root)
    yield from chosen.plan.faults


def _fragments(
    task: Task, ground: Ground, chosen: Selection, faults: list[QlumodError]
) -> dict[str, bytes]:
    """The module's fragment of each kind of state, and the caches that it made.

    The errors are added to `faults`; a kind with an error has no fragment.
    """
    below = {path: file for files in ground.state.values() for path, file in files.items()}
    fragments: dict[str, bytes] = {}
    above: Files = {}
    kinds: Sequence[Kind] = ()
    with gathering(faults):
        above, kinds = read_files(ground.root, {*below, *chosen.state}), chosen.table.kinds
        require_registered(task, ground, above)
        above = _without_secrets(above, task.packaging.permits.digests, frozenset(chosen.secrets))
    for kind in kinds:
        with gathering(faults):
            fragments[kind.name] = kind.capture(below, above)
    caches = "".join(f"{name}\t{path}\n" for name, path in chosen.caches)
    fragments[CACHES_FRAGMENT] = os.fsencode(caches)
    return {name: fragment for name, fragment in fragments.items() if fragment}


def _without_secrets(above: Files, digests: Sequence[str], secrets: frozenset[str]) -> Files:
    """The state without the lines about secrets in the files of `digests`."""
    kept = dict(above)
    for path in digests:
        if file := above.get(path):
            public = (
                line
                for line in file.data.split(b"\n")
                if os.fsdecode(line).partition("  ")[2] not in secrets
            )
            kept[path] = replace(file, data=b"\n".join(public))
    return kept


def _present(root: Root, lists: FileLists) -> Iterator[str]:
    return root.present({canonical_path(path) for paths in lists.values() for path in paths})
