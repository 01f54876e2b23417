"""The sources that who publishes modules owes: found in their contents, fetched by apt."""

import hashlib
from pathlib import Path

from qlumod.events import ignore
from qlumod.repository.verbs.source_obligations import Fetching, Owed, owed_sources
from qlumod.repository.verbs.withdraw import remove_packages, rollback
from tests.repository.conftest import SUITE, SmallRepository
from tests.repository.payloads import payload as a_payload


def payload(repository: SmallRepository, *sources: str, version: str = "14.0.0-1") -> Path:
    """A payload whose contents file names packages made from these sources."""
    named = {f"p{number}": source for number, source in enumerate(sources)}
    packages = {"generated": "1", **dict.fromkeys(named, "1.0")}
    return a_payload(repository, "core", version, packages, sources=named)


def source(repository: SmallRepository, name: str, version: str) -> Path:
    """A source package of one file."""
    folder = repository.work / "upstream"
    folder.mkdir(exist_ok=True)
    tar = folder / f"{name}_{version}.tar.xz"
    tar.write_text(f"{name} {version}")
    digest, size = hashlib.sha256(tar.read_bytes()).hexdigest(), tar.stat().st_size
    dsc = folder / f"{name}_{version}.dsc"
    dsc.write_text(
        f"Format: 3.0 (native)\nSource: {name}\nBinary: {name}\nArchitecture: all\n"
        f"Version: {version}\nMaintainer: Test <test@example.org>\n"
        f"Checksums-Sha256:\n {digest} {size} {tar.name}\n"
        f"Files:\n {hashlib.md5(tar.read_bytes()).hexdigest()} {size} {tar.name}\n"
    )
    return dsc


def owed(repository: SmallRepository, archives: Path | None = None) -> Owed:
    fetching = Fetching(archives=archives, output=repository.work / "owed") if archives else None
    return owed_sources(
        SUITE, repository=repository.root, fetching=fetching, listen=repository.events.append
    )


def test_what_modules_hold_is_owed_fetched_and_published(repository: SmallRepository) -> None:
    upstream = SmallRepository(repository.work / "debian", repository.fingerprint)
    upstream.publish(
        source(repository, "bash", "5.1"), source(repository, "bash", "5.2"), suite=SUITE
    )
    archives = repository.work / "debian.sources"
    archives.write_text((upstream.root / f"{SUITE}.sources").read_text())
    repository.publish(payload(repository, "bash (5.1)", "gone (1.0)"))
    assert owed(repository).missing == (("bash", "5.1"), ("gone", "1.0"))
    found = owed(repository, archives)
    assert [path.name for path in found.fetched] == ["bash_5.1.dsc"]
    assert found.missing == (("gone", "1.0"),)
    repository.publish(*found.fetched)
    assert (owed(repository).published, owed(repository).missing) == (1, (("gone", "1.0"),))


def test_sources_that_are_owed_stay_when_newer_ones_come(
    repository: SmallRepository, untried: None
) -> None:
    repository.publish(source(repository, "bash", "5.2"), payload(repository, "bash (5.2)"))
    repository.publish(source(repository, "bash", "5.1"))
    repository.publish(source(repository, "bash", "5.3"), repository.deb("everyday"))
    sources = [entry.version for entry in repository.current.entries() if entry.is_source]
    assert sources == ["5.1", "5.2", "5.3"]
    assert owed(repository).missing == ()


def test_sources_that_are_owed_no_more_leave(repository: SmallRepository, untried: None) -> None:
    named = (("bash", "5.0"), ("bash", "5.1"), ("dash", "1"), ("zsh", "5"))
    upstream = [source(repository, *one) for one in named]
    slurm = a_payload(repository, "slurm", packages={"dash": "1", "bash": "5.0"})
    repository.publish(payload(repository, "bash (5.1)", "dash (1)"), slurm, *upstream)
    done = repository.publish(
        payload(repository, "bash (5.2)", version="14.0.0-2"), source(repository, "bash", "5.2")
    )
    assert [str(change) for change in done.changes] == [
        "bash (source): 5.1 → 5.2",
        "qlustar-module-core-bookworm-amd64-14.0.0 (all): 14.0.0-1 → 14.0.0-2",
    ]
    # Slurm still owes dash; who published zsh had other reasons.
    assert sources_of(repository) == [("bash", "5.0"), ("bash", "5.2"), ("dash", "1"), ("zsh", "5")]
    name = "qlustar-module-slurm-bookworm-amd64-14.0.0"
    gone = remove_packages(
        SUITE, [name], terms=repository.terms(date=repository.date + 1), listen=ignore
    )
    assert [str(change) for change in gone.changes] == [
        "dash (source): 1 goes",
        f"{name} (all): 14.0.0-1 goes",
    ]
    assert sources_of(repository) == [("bash", "5.2"), ("zsh", "5")]
    assert owed(repository).missing == ()
    rollback(SUITE, terms=repository.terms(date=repository.date + 2), listen=ignore)
    assert sources_of(repository) == [("bash", "5.0"), ("bash", "5.2"), ("dash", "1"), ("zsh", "5")]


def sources_of(repository: SmallRepository) -> list[tuple[str, str]]:
    """The sources that the suite offers."""
    return [entry.source for entry in repository.current.entries() if entry.is_source]


def test_the_verb_says_what_is_missing(repository: SmallRepository, qlumod, untried: None) -> None:
    repository.publish(payload(repository, "gone (1.0)"))
    told = qlumod("repo", "sources", repository.root, SUITE, "--dry-run")
    assert (told.status, told.out) == (
        3,
        "missing: gone 1.0\n"
        f"{SUITE} has 0 of the required source packages, 0 were fetched, 1 are missing\n",
    )
    assert qlumod("repo", "sources", repository.root, SUITE).status == 2
