"""Client packages of a repository: made by the repository, and checked by lintian."""

from collections.abc import Sequence
from pathlib import Path

from qlumod.events import Listener, step
from qlumod.package.linting import require_clean
from qlumod.packaging.debian.apt_client import file_uri
from qlumod.repository.clients.packages import (
    keyring_package,
    maintainer,
    make_package,
    sources_package,
    suites_by_minor,
)
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.snapshots import existing
from qlumod.repository.publishing.founding import opened_settings
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.files import copy_new
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.scratch import scratch
from qlumod.system.keys.gpg import newest_key_date, user_ids


def client_packages(
    repository: Path,
    *,
    suites: Sequence[str] = (),
    output: Path,
    lint: bool = True,
    listen: Listener,
) -> tuple[Path, ...]:
    """Make the client packages of the repository: its keys, and the sources of each x.y.

    Without `suites`, all existing suites are included except proposed updates. A package that is
    published already is made identically, under the same version. If lintian finds errors, nothing
    is written to `output`.
    """
    layout = Layout(root=repository.absolute())
    settings = opened_settings(layout)
    names = [existing(layout, name).suite for name in suites] or layout.suite_names()
    keyring = read_bytes(layout.root / settings.keyring, most=MOST)
    uri = settings.uri or file_uri(layout.root)
    people = maintainer(settings, user_ids(layout.root / settings.keyring))
    wanted = [
        keyring_package(settings, keyring, people),
        *(
            sources_package(settings, uri, minor, found, people)
            for minor, found in suites_by_minor(names, asked=bool(suites)).items()
        ),
    ]
    epoch = newest_key_date(layout.root / settings.keyring)
    with told(output):
        make_directories(output)
    with scratch() as place:
        with step(listen, "making packages", total=len(wanted), unit="packages"):
            made = [make_package(layout, package, place, epoch=epoch) for package in wanted]
        if lint:
            require_clean("clients' packages", made, scratch=place / "lintian", listen=listen)
        for deb in made:
            copy_new(deb, output / deb.name)
    return tuple(output / deb.name for deb in made)
