"""Making mkinitramfs start fewer programs, with the same bytes of the initrd.

The hook-functions of initramfs-tools 0.142 (Debian 12) start realpath, readlink, mkdir and modinfo
for each kernel module: 9,000 starts for one initrd. `fewer_starts.sh` has two of the functions over
again; a test compares the initrds of both. In 0.148 (Debian 13), dracut-install copies the modules.
Of any other version nothing is changed.
"""

from importlib import resources

from qlumod.model.digests import digest_bytes

HOOK_FUNCTIONS = "/usr/share/initramfs-tools/hook-functions"
_OF_0_142 = "05ec37b6ab74e1205027bc1d8bcb429ab18d9f3e06ea66bdf552083c5fa516af"
_SLOW = ("copy_file", "manual_add_modules")


def with_fewer_starts(functions: bytes) -> bytes | None:
    """What may stand in the place of hook-functions meanwhile; None: they are not known."""
    if digest_bytes(functions) != _OF_0_142:
        return None
    text = functions.decode()
    for name in _SLOW:
        text = text.replace(f"\n{name}()", f"\nslow_{name}()")
    own = resources.files("qlumod.packaging.debian").joinpath("fewer_starts.sh")
    return f"{text}\n{own.read_text(encoding='utf-8')}".encode()
