"""TeX's lists of files: which entries a stack may lack."""

import pytest

from qlumod.model.difference import Aspect, Difference
from qlumod.packaging.debian.tex_lists import TexLists, Unfiled
from qlumod.state.kind import StateFile

LIST = "/var/lib/texmf/ls-R-TEXLIVEDIST"
TREE = "/usr/share/texlive/texmf-dist"
TEXT = b"""\
% ls-R -- filename database for kpathsea; do not change this line.
./:
tex
doc
ls-R

./doc:
base
based

./doc/base:
guide.pdf

./tex:
plain.tex
"""


def test_each_path_is_an_entry_and_documentation_is_where_the_link_leads() -> None:
    files = {LIST: StateFile(data=TEXT), "/etc/motd": StateFile(data=b"./:\nx\n")}
    (found,) = TexLists().canonical(files).items()
    assert found == (
        LIST,
        f"""\
/usr/share/doc/texlive-doc/base
/usr/share/doc/texlive-doc/base/guide.pdf
/usr/share/doc/texlive-doc/based
{TREE}/doc
{TREE}/ls-R
{TREE}/tex
{TREE}/tex/plain.tex
""".encode(),
    )


@pytest.mark.parametrize(
    ("path", "told", "permitted"),
    [
        (LIST, {"reference": "/usr/share/doc/texlive-doc/base"}, True),
        (LIST, {"reference": "/usr/share/doc/texlive-doc/based"}, False),
        (LIST, {"stack": "/usr/share/doc/texlive-doc/base"}, False),
        ("/var/lib/other", {"reference": "/usr/share/doc/texlive-doc/base"}, False),
    ],
)
def test_only_entries_of_left_out_paths_may_be_missing(
    path: str, told: dict[str, str], permitted: bool
) -> None:
    rule = Unfiled(left_out=frozenset(["/usr/share/doc/texlive-doc/base"]))
    difference = Difference(path=path, aspect=Aspect.ENTRY, **told)
    assert rule.permits(difference) is permitted
