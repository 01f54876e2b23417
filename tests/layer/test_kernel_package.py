"""The package of compiled modules takes nothing on trust that the root itself says."""

from pathlib import Path
from typing import Any

import pytest

from qlumod.errors import QlumodError
from qlumod.layer.kernel_package import licence_files, maintainer_of
from qlumod.system.disk.within import Root


def test_the_licence_texts_of_the_sources_stay_with_what_is_compiled(tmp_path: Path) -> None:
    root = Root(tmp_path)
    paths = (
        "/usr/share/doc/x-dkms/html/LICENSE",
        "/usr/share/doc/x-dkms/README",
        "/usr/src/x-1/COPYING",
        "/usr/src/x-1/lib/COPYING",
    )
    for path in paths:
        root.write(path, b"free\n")
    kept = {paths[0]: "/usr/share/doc/x-kernel/html/LICENSE"}
    found = {**kept, paths[2]: "/usr/share/doc/x-kernel/COPYING"}
    assert licence_files(root, "x-dkms", paths, "x-kernel") == found
    # A directory of documents may be a link to that of another package.
    root.write("/usr/share/doc/x-common/copyright", b"free\n")
    root.link("/usr/share/doc/x-dkms/copyright", "../x-common/copyright")
    kept |= {"/usr/share/doc/x-common/copyright": "/usr/share/doc/x-kernel/copyright"}
    assert licence_files(root, "x-dkms", paths, "x-kernel") == kept


class QueriedRoot:
    """An enclosure whose dpkg-query says what it wants."""

    def __init__(self, said: bytes) -> None:
        self.said = said

    def capture(self, *words: str) -> bytes:
        assert words[0] == "dpkg-query"
        return self.said


def maintainer(said: bytes) -> str:
    root: Any = QueriedRoot(said)
    return maintainer_of(root, "greet-dkms")


def test_a_maintainer_is_taken_as_it_is() -> None:
    assert maintainer("Jörg Müller <j@example.org>\n".encode()) == "Jörg Müller <j@example.org>"


@pytest.mark.parametrize(
    "said",
    [b"", b"\n", b"A <a@x>\nEssential: yes", b"A <a@x>\r", b"A\0", "A\u202e".encode(), b"A\xff"],
)
def test_anything_but_one_line_of_text_is_refused(said: bytes) -> None:
    with pytest.raises(QlumodError, match=r"^package greet-dkms: .* no maintainer in one line"):
        maintainer(said)
