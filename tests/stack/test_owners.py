"""The users and groups of a root, whose names files of state are written with."""

import os
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.stack.state_files import Owners, read_files
from qlumod.system.disk.within import Root


def test_accounts_that_are_none_are_told_whatever_is_read(tmp_path: Path) -> None:
    top = tmp_path
    (top / "etc").mkdir()
    root = Root(top)
    assert Owners.of(root) == Owners({"root": 0}, {"root": 0})
    (top / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nx:x:many:0::/:/bin/sh\n")
    with pytest.raises(QlumodError, match=r"^/etc/passwd:2: user 'x': 'many' is no id"):
        read_files(root, ["/etc/hosts"])
    (top / "etc/passwd").unlink()
    (top / "etc/passwd").symlink_to("/nowhere")
    with pytest.raises(QlumodError, match=r"^/etc/passwd: it is no file, and nobody knows"):
        Owners.of(root)
    (top / "etc/passwd").unlink()
    if os.geteuid() == 0:
        os.mknod(top / "etc/passwd", 0o020644, os.makedev(4095, 7))
        with pytest.raises(QlumodError, match=r"^/etc/passwd: it is no file, and nobody knows"):
            Owners.of(root)
