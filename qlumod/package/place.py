"""The paths of qlumod's parts that are not Python: in the source tree, or below /usr."""

from pathlib import Path

import qlumod

INSTALLED_TEMPLATES = Path("/usr/share/qlumod/templates")
_TREE = Path(qlumod.__file__).resolve().parent.parent


def source_tree() -> Path | None:
    """The source tree from which this program runs, or None if it is installed."""
    return _TREE if (_TREE / "debhelper" / "dh_qlumod").is_file() else None


def templates() -> Path:
    """The directory of the templates."""
    tree = source_tree()
    return tree / "templates" if tree else INSTALLED_TEMPLATES


def addon() -> tuple[Path, ...]:
    """The files of the debhelper add-on."""
    tree = source_tree()
    if tree:
        place = tree / "debhelper"
        return (place / "dh_qlumod", place / "Debian/Debhelper/Sequence/qlumod.pm")
    return (
        Path("/usr/bin/dh_qlumod"),
        Path("/usr/share/perl5/Debian/Debhelper/Sequence/qlumod.pm"),
    )
