"""Making the initrds of a real stack in several ways, in namespaces."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from qlumod.events import Listener
from qlumod.model.cpio import unpacked_initrd
from qlumod.model.digests import digest_bytes
from qlumod.model.json_values import Json
from qlumod.model.manifest import INITRD
from qlumod.packaging.debian.fewer_starts import HOOK_FUNCTIONS, with_fewer_starts
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.proof.inside import assembled
from qlumod.stack.initrd import make_initrd, remake_initrd
from qlumod.stack.order import stacked
from qlumod.stack.payload import Payload
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed


def initrds_of_core(*, listen: Listener, payloads: Sequence[str], space: str) -> dict[str, Json]:
    """The digest of core's initrd, of one by `make`, and of what mkinitramfs makes by itself.

    And whether the version of mkinitramfs is one that is made to start fewer programs.
    """
    (core,) = (Payload(directory=Path(payload)) for payload in payloads)
    kernel, epoch = core.manifest.kernel, core.manifest.epoch
    with (
        scratch_space(Path(space)) as scratch,
        assembled([core], scratch, packaging=DEBIAN, epoch=epoch, listen=listen) as stack,
    ):
        made = scratch / "made"
        make_initrd(DEBIAN.initrd, stack.root, kernel, made, epoch=epoch, listen=listen)
        return {
            "beside the layer": digest_bytes((core.directory / INITRD).read_bytes()),
            "made": digest_bytes(made.read_bytes()),
            "by itself": digest_bytes(_plain(stack.root, kernel, epoch)),
            "known": with_fewer_starts(stack.root.read(HOOK_FUNCTIONS)) is not None,
        }


def _plain(root: Root, kernel: str, epoch: int) -> bytes:
    with enclosed(root, writable=False) as place:
        place.run(
            "mkinitramfs", "-o", "/tmp/plain", kernel, epoch=epoch, environment={"TMPDIR": "/tmp"}
        )
        return place.temporary.read("/plain", most=1 << 30)


def initrds_of_stack(
    *, listen: Listener, payloads: Sequence[str], space: str
) -> Mapping[str, Json]:
    """How core's initrd with an addition differs from one that mkinitramfs makes of the stack."""
    members = stacked(Payload(directory=Path(payload)) for payload in payloads)
    core = members[0]
    kernel, epoch = core.manifest.kernel, core.manifest.epoch
    with (
        scratch_space(Path(space)) as scratch,
        assembled(members, scratch, packaging=DEBIAN, epoch=epoch, listen=listen) as stack,
    ):
        output = scratch / "output"
        remake_initrd(DEBIAN.initrd, stack.root, members, output, listen=listen)
        before, data = (core.directory / INITRD).read_bytes(), output.read_bytes()
        added = unpacked_initrd(data)
        whole = unpacked_initrd(_plain(stack.root, kernel, epoch))
        return {
            "behind core's": data.startswith(before),
            "differ": sorted(p for p in {*added, *whole} if added.get(p) != whole.get(p)),
            "new": sorted(whole.keys() - unpacked_initrd(before).keys()),
        }
