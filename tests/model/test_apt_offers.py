"""The modules that apt would install, read from the candidates of its sources."""

import pytest

from qlumod.model.apt_offers import ModuleOffer, module_offers, names_of_modules
from qlumod.model.stanzas import read_stanzas

BASE = "qlustar-module-slurm-bookworm-amd64"
PAYLOAD = f"""\
Package: {BASE}-14.0.0
Version: 14.0.0-1
Installed-Size: 2048
Depends: qlumod-head (>= 0.1~), qlustar-module-core-bookworm-amd64-14.0.0 (>= 14.0.0-1)
Description: Slurm (22.05) image module (bookworm amd64 14.0.0)
 The workload manager.
 .
 This package holds the module itself.
Size: 12345
"""
METAS = f"""\

Package: {BASE}-14.0
Version: 14.0.0-1
Depends: {BASE}-14.0.0 (= 14.0.0-1)

Package: {BASE}-14
Version: 14.0.0-1
Depends: {BASE}-14.0 (= 14.0.0-1)

Package: qlustar-module-slurm
Version: 14.0.0-1
Depends: {BASE}-14 (= 14.0.0-1) | qlustar-module-slurm-trixie-amd64-14
"""
INSTALLED = {f"{BASE}-{version}": "14.0.0-1" for version in ("14.0.0", "14.0", "14")}


def offers(text: str, *, older: bool = False, **installed: str) -> tuple[ModuleOffer, ...]:
    found = {name.replace("_", "-"): version for name, version in installed.items()}
    return module_offers(read_stanzas(text, "a test"), found, older=older)


def commands(text: str, installed: dict[str, str]) -> list[str]:
    return [" ".join(one.command) for one in module_offers(read_stanzas(text, "t"), installed)]


def newer(text: str, version: str) -> str:
    """The same packages of another version."""
    return text.replace("14.0.0", version.partition("-")[0]).replace(
        f"{version.partition('-')[0]}-1", version
    )


def test_an_offer_says_what_the_package_of_the_layer_says() -> None:
    (offer,) = offers(PAYLOAD + METAS)
    assert (offer.module, str(offer.version), offer.flavor, offer.architecture) == (
        "slurm", "14.0.0", "bookworm", "amd64",
    )  # fmt: skip
    assert (offer.package, offer.package_version) == (f"{BASE}-14.0.0", "14.0.0-1")
    assert (offer.title, offer.size, offer.installed_size) == ("Slurm (22.05)", 12345, 2 << 20)
    assert offer.description == "The workload manager.\n\nThis package holds the module itself."
    assert (offer.requires, offer.installed) == (("core",), "")


def test_a_description_may_come_from_a_translation_file() -> None:
    (offer,) = offers(PAYLOAD.replace("Description:", "Description-md5: 1\nDescription-en:"))
    assert offer.title == "Slurm (22.05)"


def test_the_short_package_is_installed_if_it_leads_to_the_layer() -> None:
    assert commands(PAYLOAD + METAS, {}) == ["apt install qlustar-module-slurm"]


@pytest.mark.parametrize(
    ("lacking", "package"),
    [
        ("Package: qlustar-module-slurm\n", f"{BASE}-14"),
        (f"Package: {BASE}-14\n", f"{BASE}-14.0"),
        (f"Package: {BASE}-14.0\n", f"{BASE}-14.0.0"),
    ],
)
def test_otherwise_it_is_the_next_one_that_leads_there(lacking: str, package: str) -> None:
    text = (PAYLOAD + METAS).replace(lacking, "Package: another\n")
    assert commands(text, {}) == [f"apt install {package}"]


def test_a_short_package_of_another_flavor_does_not_lead_there() -> None:
    text = (PAYLOAD + METAS).replace(
        f"{BASE}-14 (= 14.0.0-1) |", "qlustar-module-slurm-jammy-amd64-14 (= 14.0.0-1) |"
    )
    assert commands(text, {}) == [f"apt install {BASE}-14"]


def test_packages_that_depend_on_each_other_in_a_circle_lead_nowhere() -> None:
    text = (PAYLOAD + METAS).replace(
        f"Depends: {BASE}-14.0.0 (= 14.0.0-1)", "Depends: qlustar-module-slurm"
    )
    assert commands(text, {}) == [f"apt install {BASE}-14.0.0"]


def test_what_is_installed_is_not_offered() -> None:
    assert commands(PAYLOAD + METAS, INSTALLED) == []


def test_the_uppermost_package_that_is_installed_is_upgraded() -> None:
    assert commands(newer(PAYLOAD + METAS, "14.0.0-2"), INSTALLED) == [
        f"apt install --only-upgrade {BASE}-14"
    ]
    text = newer(PAYLOAD + METAS, "14.0.1-1")
    assert commands(text, INSTALLED) == [f"apt install --only-upgrade {BASE}-14"]


def test_an_offer_says_than_what_it_is_newer() -> None:
    found = module_offers(read_stanzas(newer(PAYLOAD + METAS, "14.0.1-1"), "t"), INSTALLED)
    assert [(str(one.version), one.installed) for one in found] == [("14.0.1", "14.0.0-1")]


def test_only_the_newest_version_is_offered_unless_older_ones_are_wanted() -> None:
    text = f"{PAYLOAD}\n{newer(PAYLOAD, '14.0.1-1')}\n{newer(PAYLOAD, '14.0.2-1')}"
    assert [str(one.version) for one in offers(text)] == ["14.0.2"]
    assert [str(one.version) for one in offers(text, older=True)] == ["14.0.0", "14.0.1", "14.0.2"]
    has = {f"{BASE}-14.0.2": "14.0.2-1"}
    assert commands(text, has) == []
    found = module_offers(read_stanzas(text, "t"), has, older=True)
    assert [str(one.version) for one in found] == ["14.0.0", "14.0.1"]


def test_each_flavor_has_its_own_newest_version() -> None:
    other = newer(PAYLOAD, "14.0.1-1").replace("bookworm", "trixie")
    assert [(one.flavor, str(one.version)) for one in offers(f"{PAYLOAD}\n{other}")] == [
        ("bookworm", "14.0.0"),
        ("trixie", "14.0.1"),
    ]


def test_only_names_of_payloads_and_of_what_leads_to_them_are_looked_up() -> None:
    related = ["qlustar-module-slurm", f"{BASE}-14", f"{BASE}-14.0", f"{BASE}-14.0.0"]
    others = ["qml-module-qtquick2", "qlustar-module-samba", f"{BASE}-13.0", "slurm"]
    assert names_of_modules([*reversed(related), *others]) == (*related,)
    assert names_of_modules(others) == ()


@pytest.mark.parametrize(
    "stanza",
    [
        "Package: puppet-module-mysql-bookworm-amd64-8.1.0\nVersion: 1\nDepends: puppet\n",
        "Package: qml-module-qtquick2\nVersion: 1\nDepends: qlumod-head\n",
        PAYLOAD.replace("qlumod-head", "qlumod-headless"),
    ],
)
def test_packages_of_others_are_no_modules(stanza: str) -> None:
    assert offers(stanza) == ()
