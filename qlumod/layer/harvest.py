"""What an installation left behind becomes a payload: layer, state, contents and manifest."""

import os
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, Proposal, step
from qlumod.layer.copyright_files import copyright_texts
from qlumod.layer.excluded import filters_of
from qlumod.layer.file_lists import all_file_lists, file_lists
from qlumod.layer.gate import Gate, declared_secrets
from qlumod.layer.job import Job
from qlumod.layer.kernel_files import IMAGE, kernel_in, require_dependencies, require_kernel
from qlumod.layer.owners import (
    INFO,
    FileLists,
    left_out_paths,
    origin,
    owner_of_info,
    owners_of,
)
from qlumod.layer.payload_files import write_documents, write_manifest
from qlumod.layer.select import Selection, select
from qlumod.layer.shipped import Shipped
from qlumod.layer.task import Task
from qlumod.layer.unfit import faults_of_names, faults_of_secrets, faults_of_sockets
from qlumod.model.lines import lines_of
from qlumod.model.manifest import INITRD, KERNEL, LAYER
from qlumod.model.names import PackageName
from qlumod.stack.assemble import Merged
from qlumod.stack.contents_lines import path_lines
from qlumod.stack.initrd import make_initrd
from qlumod.stack.payload import CACHES as CACHES_FRAGMENT
from qlumod.stack.settle import settle
from qlumod.stack.state_files import Owners, read_files
from qlumod.state.accounts import (
    GROUP,
    PASSWD,
    base_names,
    makers_of,
    require_readable,
    rows,
    unregistered,
)
from qlumod.state.kind import Files, canonical_path
from qlumod.system.disk.files import read_bytes
from qlumod.system.disk.squashfs import Squashing, write_image
from qlumod.system.disk.within import Root


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where to harvest: `tree` is what the module adds, `root` the whole as a node would see it.

    `view` shows what was there before (None: nothing), `state` are the merged files of shared
    state there, `kernel` is the kernel release of the modules below.
    """

    tree: Root
    root: Root
    view: Root | None = None
    state: Merged = field(default_factory=dict)
    kernel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crop:
    """What was found, and is to be written."""

    gate: Gate
    lists: FileLists
    owners: Mapping[str, str]
    fragments: Mapping[str, bytes]
    kernel: str
    """The kernel release that the module itself brings; empty: none."""

    @property
    def chosen(self) -> Selection:
        """The paths that go into the layer."""
        return self.gate.chosen


def harvest(task: Task, ground: Ground) -> None:
    """Write the payload directory of a module that has just been installed."""
    with step(task.listen, "reading what was installed"):
        crop = _crop(task, ground)
    _check_kernels(task.job, ground, crop)
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
    """Find what goes into the payload; raises all that is wrong in one round, but for secrets.

    These are looked for while the layer is compressed.
    """
    job, lists = task.job, file_lists(ground.root, task.job)
    # Directories on the way to a module's files belong to packages below it.
    owners = {
        **owners_of(all_file_lists(ground.root)),
        **owners_of(lists),
        **_info_owners(ground.root),
    }
    chosen = select(job, task.packaging.state, ground.tree, ground.view)
    shipped = Shipped.of(job, task.debs, task.processors)
    gate = Gate(
        tree=ground.tree,
        chosen=chosen,
        shipped=shipped,
        declared=declared_secrets(ground.tree, chosen, shipped),
        owners=owners,
        answers=task.packaging.answers,
        public=job.spec.public,
        view=ground.view,
        processors=task.processors,
        listen=task.listen,
    )
    return _Crop(
        gate=gate,
        lists=lists,
        owners=owners,
        fragments=_checked_fragments(job, ground, gate, lists, task.listen),
        kernel=kernel_in(chosen.entries, job.spec.module),
    )


def _check_kernels(job: Job, ground: Ground, crop: _Crop) -> None:
    kernels, module = crop.chosen.kernels, job.spec.module
    require_kernel(kernels, crop.kernel or ground.kernel, module)
    if job.spec.exclude or job.spec.restore:
        for release in kernels:
            require_dependencies(ground.root, release, module)


def _write_texts(task: Task, ground: Ground, crop: _Crop) -> None:
    """Write what is told of the layer."""
    job, chosen, root = task.job, crop.chosen, ground.root
    names = Owners.of(root)
    licences = Root(task.space / "copyright")
    licences.place.mkdir()
    cache_of = {path: name for name, path in chosen.caches}
    write_documents(
        job,
        task.output,
        fragments=crop.fragments,
        lines=path_lines(
            chosen.kept,
            origin=lambda path: origin(path, crop.owners, cache_of.get(path)),
            owner=lambda entry: f"{names.user(entry.uid)}:{names.group(entry.gid)}",
        ),
        left_out=left_out_paths(
            crop.lists, _present(root, crop.lists), filters_of(job), chosen.beside
        ),
        copyrights=copyright_texts(job, task.packaging.state, root, task.debs, licences),
    )


def _write_layer(task: Task, ground: Ground, crop: _Crop) -> None:
    """Compress the layer, and meanwhile look for secrets and make the initrd, which lies beside it.

    What the spec lists under Secrets goes first: the initrd is for everybody, too.
    """
    job, output, chosen = task.job, task.output, crop.chosen
    settle(ground.tree, chosen.entries.values(), job.epoch)
    for path in chosen.secrets:
        ground.root.remove(path)
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
        initrd = pool.submit(
            _write_boot, ground.root, crop.kernel, output, epoch=job.epoch, listen=task.listen
        )
        faults = [*crop.gate.faults(crop.fragments)]
        initrd.result()
        image.result()
    if crop.kernel:
        faults += crop.gate.faults_of_initrd(read_bytes(output / INITRD))
    raise_faults(faults)


def _write_boot(root: Root, kernel: str, output: Path, *, epoch: int, listen: Listener) -> None:
    """Write what lies beside the layer of the module that brings a kernel."""
    if not kernel:
        return
    (output / KERNEL).parent.mkdir(mode=0o755)
    root.copy_out(f"{IMAGE}{kernel}", output / KERNEL)
    make_initrd(root, kernel, output / INITRD, epoch=epoch, listen=listen)


def _checked_fragments(
    job: Job, ground: Ground, gate: Gate, lists: FileLists, listen: Listener
) -> dict[str, bytes]:
    """What the module added to shared state; raises all that is wrong in one round.

    Secrets are looked for later, if nothing else is wrong, while the layer is compressed.
    """
    faults, fragments = [*_faults(job, ground, gate.chosen, lists)], {}
    try:
        fragments = _fragments(job, ground, gate.chosen, listen)
    except QlumodError as fault:
        faults.append(fault)
    if faults:
        raise_faults((*faults, *gate.faults(fragments)))
    return fragments


def _faults(job: Job, ground: Ground, chosen: Selection, lists: FileLists) -> Iterator[QlumodError]:
    """What is wrong with the paths that were installed."""
    yield from faults_of_names({*chosen.entries, *(p for paths in lists.values() for p in paths)})
    yield from faults_of_sockets(chosen.kept)
    yield from faults_of_secrets(job.spec.secrets, ground.root)
    yield from chosen.plan.faults


def _fragments(job: Job, ground: Ground, chosen: Selection, listen: Listener) -> dict[str, bytes]:
    """What the module added to each kind of state, and the caches that it made."""
    below = {path: file for files in ground.state.values() for path, file in files.items()}
    above = read_files(ground.root, {*below, *chosen.state})
    _require_registered(job, ground, above, listen)
    fragments = {kind.name: kind.capture(below, above) for kind in chosen.table.kinds}
    caches = "".join(f"{name}\t{path}\n" for name, path in chosen.caches)
    return {
        name: fragment
        for name, fragment in {**fragments, CACHES_FRAGMENT: os.fsencode(caches)}.items()
        if fragment
    }


def _require_registered(job: Job, ground: Ground, above: Files, listen: Listener) -> None:
    """Stop where packages made accounts that are not in the table; say what to add."""
    base = base_names(above)
    if not unregistered(above, job.project.accounts, base):
        return
    names = {name for path in (PASSWD, GROUP) for name in rows(above, path)}
    stanzas = unregistered(
        above,
        job.project.accounts,
        base,
        makers={
            **dict.fromkeys(names, _requested(job)),
            **makers_of(names - base, _scripts(ground.root, job)),
        },
        homes=dict(_new_homes(job, ground, above)),
    )
    try:
        require_readable(stanzas, job.project.accounts)
    except QlumodError as fault:
        raise QlumodError(
            f"{job.spec.module}: packages make accounts that the account table cannot hold",
            details=lines_of(str(fault)),
            remedy="see which package makes them, and have it mended or leave it out",
        ) from fault
    listen(Proposal(stanzas=stanzas))
    raise QlumodError(
        f"{job.spec.module}: packages make accounts that have no fixed id in the account table",
        details=[line for stanza in stanzas for line in ("", *lines_of(stanza))],
        remedy="add these stanzas to module-specs/accounts",
    )


def _requested(job: Job) -> PackageName:
    """A package that was asked for: it stands where nobody knows which one made an account."""
    there = [package.package for package in job.packages]
    wanted = (relation.name for relation in job.spec.packages if relation.name in there)
    return next(wanted, there[0])


def _new_homes(job: Job, ground: Ground, above: Files) -> Iterator[tuple[str, int]]:
    """The users whose home was made with them, as adduser does it, and its mode."""
    packaged = {path for paths in file_lists(ground.root, job).values() for path in paths}
    for name, row in rows(above, PASSWD).items():
        home = row[5]
        new = not (ground.view and ground.view.has(home))
        if ground.root.is_directory(home) and home not in packaged and new:
            yield name, stat.S_IMODE(ground.root.status(ground.root.where(home)).st_mode)


def _scripts(root: Root, job: Job) -> dict[str, str]:
    """The texts that make a package's accounts: maintainer scripts and sysusers.d(5) files."""
    texts: dict[str, str] = {}
    for package, paths in file_lists(root, job).items():
        places = [
            *(f"{INFO}{package}.{script}" for script in ("preinst", "postinst")),
            *(path for path in paths if "/sysusers.d/" in path),
        ]
        texts[package] = "\n".join(root.text(place) for place in places if root.is_file(place))
    return texts


def _info_owners(root: Root) -> dict[str, str]:
    paths = (f"{INFO}{name}" for name in root.names(INFO))
    return {path: package for path in paths if (package := owner_of_info(path))}


def _present(root: Root, lists: FileLists) -> Iterator[str]:
    return root.present({canonical_path(path) for paths in lists.values() for path in paths})
