"""The package of compiled modules takes nothing on trust that the root itself says."""

from typing import Any

import pytest

from qlumod.errors import QlumodError
from qlumod.layer.kernel_package import maintainer_of


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
