"""Making mkinitramfs do less, with the same bytes of what it makes.

The hook-functions of initramfs-tools 0.142 (Debian 12) start realpath, readlink, mkdir and modinfo
for each kernel module: 9,000 starts for one initrd. `fewer_starts.sh` has two of the functions over
again; a test compares the initrds of both. In 0.148 (Debian 13), dracut-install copies the modules.
Of any other version nothing is changed.
"""

from collections.abc import Iterable
from importlib import resources

from qlumod.model.digests import digest_bytes

HOOK_FUNCTIONS = "/usr/share/initramfs-tools/hook-functions"
_OF_0_142 = "05ec37b6ab74e1205027bc1d8bcb429ab18d9f3e06ea66bdf552083c5fa516af"
_OF_0_148 = "8329c405b5af7cbae6c7409de334b0663add53b97eb7f7d608750808d86b1c93"
_SLOW = ("copy_file", "manual_add_modules")
_MODULES = ("auto_add_modules", "hidden_dep_add_modules", "add_builtin_firmware")
"""What mkinitramfs calls to add the kernel's modules and firmware; hooks add some by themselves."""


def with_fewer_starts(functions: bytes) -> bytes | None:
    """What may stand in the place of hook-functions meanwhile; None: they are not known."""
    if digest_bytes(functions) != _OF_0_142:
        return None
    text = functions.decode()
    for name in _SLOW:
        text = text.replace(f"\n{name}()", f"\nslow_{name}()")
    own = resources.files("qlumod.packaging.debian").joinpath("fewer_starts.sh")
    return f"{text}\n{own.read_text(encoding='utf-8')}".encode()


def without_modules(functions: bytes) -> bytes | None:
    """The same, for an initrd that has only those kernel modules that hooks ask for."""
    if digest_bytes(functions) not in (_OF_0_142, _OF_0_148):
        return None
    return (with_fewer_starts(functions) or functions) + _doing_nothing(_MODULES)


def _doing_nothing(names: Iterable[str]) -> bytes:
    return "".join(f"{name}() {{ :; }}\n" for name in names).encode()
