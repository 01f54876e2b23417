"""What a compiled file holds may stand in its source, where everybody can have it."""

import marshal

import pytest

from qlumod.secrets.look import look
from qlumod.secrets.origin import kinds_in_source
from tests.secrets.planted import PEM

KIND = "a PEM private key"


@pytest.mark.parametrize(
    "source",
    [
        PEM,
        b"KEY = '''" + PEM + b"'''\n",
        b"KEY = " + repr(PEM).encode() + b"\n",
        b'KEY = b"' + b"".join(b"\\x%02x" % byte for byte in PEM) + b'"\n',
        b"KEY = " + b"+".join(repr(line).encode() for line in PEM.splitlines(True)) + b"\n",
    ],
)
def test_what_is_compiled_is_found_in_the_source(source: bytes) -> None:
    if source != PEM:
        compiled = marshal.dumps(compile(source, "x.py", "exec"))
        assert KIND in {found.kind for found in look("/x.pyc", compiled).found}
    assert KIND in kinds_in_source("/x.py", source)


def test_what_is_no_python_is_read_as_it_is() -> None:
    assert kinds_in_source("/x.py", b"def (:\n" + PEM) == {KIND}
    assert kinds_in_source("/x.el", b"(setq key 1)") == frozenset()
