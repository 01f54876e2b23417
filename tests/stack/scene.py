"""What happens inside: a package of one module waits for files that another module brings."""

from pathlib import Path

from qlumod.events import Listener
from qlumod.model.names import ModuleName
from qlumod.packaging.debian.meeting import DebianMeeting
from qlumod.packaging.debian.state.crossing import Crossing
from qlumod.system.disk.mount import overlay, tmpfs
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed


def tell(*, listen: Listener, space: str, deb: str) -> list[str]:
    """Install the package over this machine's own root, bring a file, activate; what it saw."""
    with tmpfs(Path(space)) as place:
        root, upper, work = (place / name for name in ("root", "upper", "work"))
        for directory in (root, upper, work):
            directory.mkdir()
        with (
            overlay([Path("/")], root, upper=upper, work=work),
            enclosed(Root(root)) as inside,
        ):
            (root / "toolbox.deb").write_bytes(Path(deb).read_bytes())
            inside.run("dpkg", "--install", "/toolbox.deb", listen=listen)
            (root / "opt/tools.d").mkdir(parents=True)
            (root / "opt/tools.d/hammer").touch()
            heard_of = Crossing(
                trigger="/opt/tools.d",
                package="toolbox",
                module=ModuleName("tools"),
                brought_by=ModuleName("hammers"),
            )
            meeting = DebianMeeting(diversions=(), crossings=[heard_of])
            meeting.tell(inside, Root(root), epoch=0, listen=listen)
            status = inside.capture("dpkg-query", "-W", "-f=${Status}", "toolbox")
            left = [name for name in ("status-old", "lock", "triggers/Lock")
                    if (root / "var/lib/dpkg" / name).exists()]  # fmt: skip
            return [(root / "opt/tools").read_text(), status.decode(), *left]
