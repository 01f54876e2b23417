"""The modules that a suite would offer go together: one version of a package, nothing missing."""

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.repository.sets.set_documents import read_set, recorded_sets
from qlumod.repository.verbs.repo import check_repository
from qlumod.repository.verbs.withdraw import remove_packages, rollback
from tests.repository.conftest import SUITE, SmallRepository, refused
from tests.repository.payloads import payload

pytestmark = pytest.mark.usefixtures("untried")
PROPOSED = f"{SUITE}-proposed-updates"
CORE = "qlustar-module-core-bookworm-amd64-14.0.0"
SLURM = "qlustar-module-slurm-bookworm-amd64-14.0.0"
REMEDY = (
    "To mend it: build both from one lock, and publish them together; modules that are never in"
    " one image say so in their specs (Conflicts)"
)


def test_two_versions_of_one_package_are_refused(repository: SmallRepository) -> None:
    repository.publish(
        payload(repository, "core"), payload(repository, "slurm", packages={"munge": "1", "x": "1"})
    )
    assert refused(
        repository, payload(repository, "beegfs", packages={"munge": "2", "x": "1"})
    ) == (
        "modules beegfs 14.0.0-1 and slurm 14.0.0-1 (bookworm, amd64) may be in one image, and have"
        " a package in two versions\n"
        "  munge: 2 in beegfs, 1 in slurm\n"
        f"{REMEDY}"
    )


def test_a_core_that_moved_under_a_module_is_refused(repository: SmallRepository) -> None:
    names = [f"p{number:02}" for number in range(12)]
    repository.publish(
        payload(repository, "core"),
        payload(repository, "slurm", packages=dict.fromkeys(names, "1")),
    )
    told = refused(
        repository, payload(repository, "core", "14.0.0-2", packages=dict.fromkeys(names, "1.1"))
    )
    assert told == (
        "modules core 14.0.0-2 and slurm 14.0.0-1 (bookworm, amd64) may be in one image, and have"
        " 12 packages in two versions\n"
        + "".join(f"  {name}: 1.1 in core, 1 in slurm\n" for name in names[:10])
        + "  and 2 more\n"
        f"{REMEDY}"
    )
    repository.publish(
        payload(repository, "core", "14.0.0-2", packages=dict.fromkeys(names, "1.1")),
        payload(repository, "slurm", "14.0.0-2", packages=dict.fromkeys(names, "1.1")),
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"conflicts": ("samba-4.22",)}, {}),
        ({}, {"conflicts": ("samba-4.17",)}),
        ({"requires": ("core", "old")}, {"requires": ("core", "new")}),
    ],
)
def test_modules_that_exclude_each_other_may_have_two_versions(
    repository: SmallRepository, one: dict, other: dict
) -> None:
    repository.publish(
        payload(repository, "core"),
        payload(repository, "old"),
        payload(repository, "new", conflicts=("old",)),
        payload(repository, "samba-4.17", packages={"samba": "4.17"}, **one),
        payload(repository, "samba-4.22", packages={"samba": "4.22"}, **other),
    )
    assert len(repository.current.entries()) == 5


@pytest.mark.parametrize("other", [{"flavor": "trixie"}, {"version": "14.0.1-1"}])
def test_modules_that_no_image_has_together_may_have_two_versions(
    repository: SmallRepository, other: dict
) -> None:
    repository.publish(
        payload(repository, "core", packages={"libc6": "2.36"}),
        payload(repository, "slurm", packages={"libc6": "2.41"}, requires=(), **other),
    )


def test_a_module_without_what_it_requires_is_refused(repository: SmallRepository) -> None:
    assert refused(
        repository, payload(repository, "core"), payload(repository, "cuda", requires=("nvidia",))
    ) == (
        "module cuda 14.0.0-1 requires module nvidia, of which the suite would have no 14.0.0"
        " (bookworm, amd64)\n"
        "To mend it: publish nvidia 14.0.0 together with it"
    )


def test_what_stays_keeps_what_it_needs(repository: SmallRepository) -> None:
    repository.publish(
        payload(repository, "core"), payload(repository, "slurm", depends=f"{CORE} (= 14.0.0-1)")
    )
    told = refused(repository, payload(repository, "core", "14.0.0-2"))
    assert told == (
        f"{SLURM} 14.0.0-1 (all) needs {CORE} (= 14.0.0-1), which the suite would not have any"
        " more\n"
        f"To mend it: publish a {SLURM} that does not need it, together with this"
    )
    repository.publish(
        payload(repository, "core", "14.0.0-2"),
        payload(repository, "slurm", "14.0.0-2", depends=f"{CORE} (>= 14.0.0-2)"),
    )


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_promotion_is_refused_for_the_same_reasons(
    repository: SmallRepository, dry_run: bool
) -> None:
    repository.publish(
        payload(repository, "core"), payload(repository, "slurm", packages={"munge": "1"})
    )
    repository.publish(
        payload(repository, "core"),
        payload(repository, "beegfs", packages={"munge": "2"}),
        suite=PROPOSED,
    )
    with pytest.raises(QlumodError, match="munge: 2 in beegfs, 1 in slurm"):
        repository.promote(PROPOSED, SUITE, dry_run=dry_run)


def test_a_dry_run_refuses_the_same_and_writes_nothing(repository: SmallRepository) -> None:
    repository.publish(
        payload(repository, "core"), payload(repository, "slurm", packages={"munge": "1"})
    )
    kept = sorted(repository.layout.own.rglob("*"))
    with pytest.raises(QlumodError, match="munge: 2 in beegfs, 1 in slurm"):
        repository.preview(payload(repository, "beegfs", packages={"munge": "2"}))
    repository.preview(payload(repository, "beegfs", packages={"munge": "1"}))
    assert sorted(repository.layout.own.rglob("*")) == kept


def test_going_back_is_never_refused(
    repository: SmallRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = payload(repository, "slurm", packages={"munge": "1"}), payload(repository, "core")
    other = payload(repository, "beegfs", packages={"munge": "2"})
    with monkeypatch.context() as unchecked:
        unchecked.setattr("qlumod.repository.sets.whole_set.set_faults", lambda *_: ())
        repository.publish(*modules, other)
    repository.publish(payload(repository, "slurm", "14.0.0-2", packages={"munge": "2"}))
    rollback(
        SUITE, terms=repository.terms(date=repository.date + 1), listen=repository.events.append
    )
    assert "14.0.0-2" not in {entry.version for entry in repository.current.entries()}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"leave_out": ["slurm.packages.version.gz"]},
            "slurm.packages.version.gz is not the list of packages that the manifest names",
        ),
        (
            {"files": {"slurm.packages.version.gz": b""}},
            "slurm.packages.version.gz is not the list of packages that the manifest names",
        ),
        (
            {"files": {"manifest": b"Module: slurm\n"}},
            "manifest:1: Format: a document begins with 'Format: 1'",
        ),
        ({"files": {"manifest": b"Format: 1\n"}}, "manifest:1: Module: the field is missing"),
    ],
)
def test_a_payload_that_is_not_whole_is_refused(
    repository: SmallRepository, changed: dict, told: str
) -> None:
    slurm = payload(repository, "slurm", **changed)
    said = refused(repository, slurm)
    assert said.startswith(
        f"{SLURM} 14.0.0-1 (all): what it says of its module cannot be used: {told}"
    )
    assert said.endswith("To mend it: build the package again")


def test_only_what_is_new_is_read(repository: SmallRepository) -> None:
    repository.publish(
        payload(repository, "core"), payload(repository, "slurm"), repository.deb("everyday")
    )
    for deb in repository.layout.pool.rglob("*.deb"):
        deb.write_bytes(bytes(deb.stat().st_size))
    repository.publish(repository.deb("everyday", "1.1"))
    repository.publish(payload(repository, "slurm", "14.0.0-2"))
    assert modules_of(repository) == ["core 14.0.0-1", "slurm 14.0.0-2"]


@pytest.mark.parametrize("text", ["", "{}", None])
def test_what_is_known_of_a_set_may_get_lost(repository: SmallRepository, text: str | None) -> None:
    repository.publish(
        payload(repository, "core"), payload(repository, "slurm", packages={"munge": "1"})
    )
    (kept,) = repository.layout.sets.iterdir()
    kept.unlink() if text is None else kept.write_text(text)
    told = refused(repository, payload(repository, "beegfs", packages={"munge": "2"}))
    assert "munge: 2 in beegfs, 1 in slurm" in told
    assert check_repository(repository.root, listen=ignore).faults == (
        f"{kept} is not what {repository.current.identity} knows of its modules",
    )


def test_a_set_of_which_packages_are_removed_is_another_one(repository: SmallRepository) -> None:
    repository.publish(
        payload(repository, "core"), payload(repository, "slurm"), payload(repository, "beegfs")
    )
    remove_packages(SUITE, [SLURM], terms=repository.terms(date=repository.date + 1), listen=ignore)
    assert modules_of(repository) == ["beegfs 14.0.0-1", "core 14.0.0-1"]


def test_the_snapshot_names_its_sets(repository: SmallRepository) -> None:
    core, slurm = payload(repository, "core"), payload(repository, "slurm", "14.0.0-2")
    repository.publish(
        core, slurm, payload(repository, "core", flavor="trixie"), repository.deb("everyday")
    )
    lines = recorded_sets(repository.current) or ()
    assert repository.current.checked("modules").decode() == (
        f"14.0.0 bookworm amd64 {lines[0].document} 1 1\n"
        f"14.0.0 trixie amd64 {lines[1].document} 1 1\n"
    )
    assert modules_of(repository) == ["core 14.0.0-1", "slurm 14.0.0-2"]


def modules_of(repository: SmallRepository) -> list[str]:
    """The members of the suite's first set."""
    found = read_set(repository.layout, (recorded_sets(repository.current) or ())[0])
    return [one.title for one in found.members] if found else []
