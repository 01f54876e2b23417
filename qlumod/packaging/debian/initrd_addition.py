"""An archive behind core's initrd, in place of one that mkinitramfs makes anew.

It has the files that core's initrd lacks: settings of modprobe.d(5) that choose no kernel module
(`modprobe_settings`), which mkinitramfs only copies; and what further hooks bring, found in an
initrd that mkinitramfs has made without its choice of kernel modules and firmware, which takes most
of its time. All else is left to mkinitramfs.
"""

import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from qlumod.model.cpio import CpioMember, InitrdPath, archive, unpacked_initrd
from qlumod.model.packed import zstd_frame
from qlumod.packaging.debian.modprobe_settings import chooses_nothing, kernel_modules
from qlumod.system.disk.within import Root

_HOOK = re.compile(r"/(?:etc|usr/share)/initramfs-tools/hooks/[^/]+")
_SETTINGS = re.compile(r"/(etc|usr/lib)/modprobe\.d/([\w.-]+\.conf)")
_LOOKING = re.compile(rb"MODULESDIR|lib/(?:modules|firmware)|/proc/modules")
"""How a hook looks at the modules that are in the initrd already."""
_INDEXES = re.compile(r"usr/lib/modules/[^/]+/modules\.[^/]+")
"""What depmod(8) says of all modules of an initrd: those of core's count."""
_CHOSEN = re.compile(r"usr/lib/(?:modules/.*|firmware(?:/.*)?)", re.DOTALL)
"""Kernel modules and firmware."""
_NOT_ADDED = re.compile(r"usr/lib/modules/.*|(?:etc|usr/lib)/depmod\.d/.*", re.DOTALL)
"""What would change the indexes."""


def addition(
    root: Root,
    paths: Iterable[str],
    initrd: bytes,
    *,
    epoch: int,
    run_hooks: Callable[[], bytes | None],
) -> bytes | None:
    """What behind core's `initrd` makes it one with these files of the root.

    None: it must be made anew. `run_hooks` makes an initrd of the root without the modules that
    mkinitramfs chooses, if it can. The archive is compressed as Debian's initrds are, since
    unmkinitramfs(8) takes all that is behind the first archives for one stream of zstd.
    """
    paths = sorted(paths)
    try:
        before = unpacked_initrd(initrd)
        ground = _Ground(root=root, before=before, modules=kernel_modules(before), epoch=epoch)
        settings = ground.copied(path for path in paths if not _HOOK.fullmatch(path))
        if settings is None:
            return None
        hooks = [path for path in paths if _HOOK.fullmatch(path)]
        if not hooks:
            return _written(before, settings)
        if any(ground.looks_at_modules(hook) for hook in hooks):
            return None
        made = run_hooks()
        after = unpacked_initrd(made) if made else {}
        brought = _beyond(before, after)
        return _written(after, brought) if brought is not None else None
    except ValueError:
        return None


def _written(tree: Mapping[str, InitrdPath], files: Mapping[str, InitrdPath]) -> bytes:
    """An archive of files, with their directories, so that these keep their times."""
    parents = {path.rpartition("/")[0] for path in files}
    every = {**{path: tree[path] for path in parents if path in tree}, **files}
    return zstd_frame(archive(_member(path, every[path]) for path in sorted(every)))


def _member(path: str, one: InitrdPath) -> CpioMember:
    return CpioMember(
        path=path,
        mode=one.mode,
        uid=one.uid,
        gid=one.gid,
        mtime=one.mtime,
        data=one.data,
        links=2 if stat.S_ISDIR(one.mode) else 1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """The root of a stack, and core's initrd with its kernel modules."""

    root: Root
    before: Mapping[str, InitrdPath]
    modules: frozenset[str]
    epoch: int

    def copied(self, paths: Iterable[str]) -> dict[str, InitrdPath] | None:
        """Settings as mkinitramfs copies them; None: there is more to one of them."""
        found: dict[str, InitrdPath] = {}
        for path in paths:
            file = self._copied(path)
            if file is None:
                return None
            found[file.same_as] = file
        return found

    def _copied(self, path: str) -> InitrdPath | None:
        found = _SETTINGS.fullmatch(path)
        if not found or self._is_shadowed(found[2]) or not self.root.has(path):
            return None
        if f"{found[1]}/modprobe.d" not in self.before:
            return None
        status = self.root.status(path)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1 or not self.root.is_plain(path):
            return None
        data = self.root.read(path)
        if not chooses_nothing(data.decode("utf-8", "replace"), self.modules):
            return None
        return InitrdPath(
            mode=status.st_mode,
            uid=status.st_uid,
            gid=status.st_gid,
            mtime=min(status.st_mtime_ns // 10**9, self.epoch),
            data=data,
            same_as=path.lstrip("/"),
        )

    def looks_at_modules(self, hook: str) -> bool:
        """Whether what a hook does may depend on the modules that mkinitramfs has chosen."""
        return not self.root.is_file(hook) or _LOOKING.search(self.root.read(hook)) is not None

    def _is_shadowed(self, name: str) -> bool:
        """Whether core has settings of this name: of the same names, only one counts."""
        return any(f"{place}/modprobe.d/{name}" in self.before for place in ("etc", "usr/lib"))


def _beyond(
    before: Mapping[str, InitrdPath], after: Mapping[str, InitrdPath]
) -> dict[str, InitrdPath] | None:
    """What is new in an initrd without chosen modules; None: an addition cannot be all of it."""
    if any(path not in after and not _CHOSEN.fullmatch(path) for path in before):
        return None
    new = {
        path: one
        for path, one in after.items()
        if one != before.get(path) and not _INDEXES.fullmatch(path)
    }
    linked = {*_linked(before), *_linked(after)}
    if linked.intersection(new) or any(map(_NOT_ADDED.fullmatch, new)):
        return None
    replaced = (path for path in new if path in before)
    return new if all(_is_rewritten(before[path], new[path]) for path in replaced) else None


def _linked(tree: Mapping[str, InitrdPath]) -> Iterator[str]:
    """The paths of files that have several: who writes one of them writes all."""
    for path, one in tree.items():
        if one.same_as != path:
            yield from (path, one.same_as)


def _is_rewritten(old: InitrdPath, new: InitrdPath) -> bool:
    """Whether the kernel writes a regular file over a regular one."""
    return stat.S_ISREG(old.mode) and stat.S_ISREG(new.mode)
