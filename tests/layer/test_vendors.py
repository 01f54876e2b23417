"""Vendors' archives whose keys nobody has verified: nothing is taken from them."""

from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.workflows.lock import lock
from qlumod.workflows.workplace import Workplace
from tests.layer.kernels import write_vendors_site

REFUSAL = """\
archive virtualgl: its key is unverified
  it is https://packagecloud.io/dcommander/virtualgl/any/
To mend it: make sure of the key, and write its fingerprint, or the path of a keyring, into the \
archive's field Key in the release file; or name a mirror that you sign yourself, with its Key, in \
qlumod.conf; or a directory of .debs: --archive virtualgl=DIR"""


def test_nothing_comes_from_an_archive_whose_key_nobody_has_verified(
    tmp_path: Path, shared_cache: Path
) -> None:
    specs = write_vendors_site(tmp_path / "specs", shared_cache)
    place = Workplace(specs=specs, cache=shared_cache)
    locked = lock(place).lock
    assert dict(locked.left_out) == {
        f"beegfs-{version}-{kind}": f"archive beegfs-{version}: its key is unverified"
        for version in (7, 8)
        for kind in ("client", "server")
    }
    release = specs / "release"
    release.write_text(release.read_text().replace("On-Request: yes", "On-Request: no", 1))
    with pytest.raises(QlumodError) as caught:
        lock(place)
    assert str(caught.value) == REFUSAL
