"""The sources that who publishes modules owes: found in their contents, fetched by apt."""

import hashlib
from pathlib import Path

from qlumod.events import ignore
from qlumod.repository.verbs.source_obligations import Fetching, Owed, owed_sources
from qlumod.repository.verbs.withdraw import remove_packages, rollback
from tests.repository.conftest import SUITE, Shop
from tests.repository.payloads import payload as a_payload


def payload(shop: Shop, *sources: str, version: str = "14.0.0-1") -> Path:
    """A payload whose contents file names packages made from these sources."""
    named = {f"p{number}": source for number, source in enumerate(sources)}
    packages = {"generated": "1", **dict.fromkeys(named, "1.0")}
    return a_payload(shop, "core", version, packages, sources=named)


def source(shop: Shop, name: str, version: str) -> Path:
    """A source package of one file."""
    folder = shop.work / "upstream"
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


def owed(shop: Shop, archives: Path | None = None) -> Owed:
    fetching = Fetching(archives=archives, output=shop.work / "owed") if archives else None
    return owed_sources(SUITE, repository=shop.root, fetching=fetching, listen=shop.events.append)


def test_what_modules_hold_is_owed_fetched_and_published(shop: Shop) -> None:
    upstream = Shop(shop.work / "debian", shop.fingerprint)
    upstream.publish(source(shop, "bash", "5.1"), source(shop, "bash", "5.2"), suite=SUITE)
    archives = shop.work / "debian.sources"
    archives.write_text((upstream.root / f"{SUITE}.sources").read_text())
    shop.publish(payload(shop, "bash (5.1)", "gone (1.0)"))
    assert owed(shop).missing == (("bash", "5.1"), ("gone", "1.0"))
    found = owed(shop, archives)
    assert [path.name for path in found.fetched] == ["bash_5.1.dsc"]
    assert found.missing == (("gone", "1.0"),)
    shop.publish(*found.fetched)
    assert (owed(shop).published, owed(shop).missing) == (1, (("gone", "1.0"),))


def test_sources_that_are_owed_stay_when_newer_ones_come(shop: Shop, untried: None) -> None:
    shop.publish(source(shop, "bash", "5.2"), payload(shop, "bash (5.2)"))
    shop.publish(source(shop, "bash", "5.1"))
    shop.publish(source(shop, "bash", "5.3"), shop.deb("everyday"))
    sources = [entry.version for entry in shop.current.entries() if entry.is_source]
    assert sources == ["5.1", "5.2", "5.3"]
    assert owed(shop).missing == ()


def test_sources_that_are_owed_no_more_leave(shop: Shop, untried: None) -> None:
    named = (("bash", "5.0"), ("bash", "5.1"), ("dash", "1"), ("zsh", "5"))
    upstream = [source(shop, *one) for one in named]
    slurm = a_payload(shop, "slurm", packages={"dash": "1", "bash": "5.0"})
    shop.publish(payload(shop, "bash (5.1)", "dash (1)"), slurm, *upstream)
    done = shop.publish(
        payload(shop, "bash (5.2)", version="14.0.0-2"), source(shop, "bash", "5.2")
    )
    assert [str(change) for change in done.changes] == [
        "bash (source): 5.1 → 5.2",
        "qlustar-module-core-bookworm-amd64-14.0.0 (all): 14.0.0-1 → 14.0.0-2",
    ]
    # Slurm still owes dash; who published zsh had other reasons.
    assert sources_of(shop) == [("bash", "5.0"), ("bash", "5.2"), ("dash", "1"), ("zsh", "5")]
    name = "qlustar-module-slurm-bookworm-amd64-14.0.0"
    gone = remove_packages(SUITE, [name], terms=shop.terms(date=shop.date + 1), listen=ignore)
    assert [str(change) for change in gone.changes] == [
        "dash (source): 1 goes",
        f"{name} (all): 14.0.0-1 goes",
    ]
    assert sources_of(shop) == [("bash", "5.2"), ("zsh", "5")]
    assert owed(shop).missing == ()
    rollback(SUITE, terms=shop.terms(date=shop.date + 2), listen=ignore)
    assert sources_of(shop) == [("bash", "5.0"), ("bash", "5.2"), ("dash", "1"), ("zsh", "5")]


def sources_of(shop: Shop) -> list[tuple[str, str]]:
    """The sources that the suite offers."""
    return [entry.source for entry in shop.current.entries() if entry.is_source]


def test_the_verb_says_what_is_missing(shop: Shop, typed, untried: None) -> None:
    shop.publish(payload(shop, "gone (1.0)"))
    told = typed("repo", "sources", shop.root, SUITE, "--dry-run")
    assert (told.status, told.out) == (
        3,
        "missing: gone 1.0\n"
        f"{SUITE} has 0 of the required source packages, 0 were fetched, 1 are missing\n",
    )
    assert typed("repo", "sources", shop.root, SUITE).status == 2
