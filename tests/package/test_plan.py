"""Names, versions and dependencies of a module's packages."""

from dataclasses import replace

import pytest

from qlumod.errors import QlumodError
from qlumod.model.apt_offers import module_offers
from qlumod.model.names import ModulePackage
from qlumod.model.stanzas import read_stanzas
from qlumod.package.source_plan import Binary, payload_depends
from tests.package.small import lock, plan


def relations(binaries: tuple[Binary, ...]) -> dict[str, tuple[str, ...]]:
    return {binary.name: binary.depends for binary in binaries}


def test_the_default_flavor_makes_payload_metas_and_the_short_package() -> None:
    assert relations(plan("slurm").binaries) == {
        "qlustar-module-slurm-bookworm-amd64-14.0.0": ("${qlumod:Depends}",),
        "qlustar-module-slurm-bookworm-amd64-14.0": (
            "qlustar-module-slurm-bookworm-amd64-14.0.0 (= 14.0.0-1)",
        ),
        "qlustar-module-slurm-bookworm-amd64-14": (
            "qlustar-module-slurm-bookworm-amd64-14.0 (= 14.0.0-1)",
        ),
        "qlustar-module-slurm": (
            "qlustar-module-slurm-bookworm-amd64-14 (= 14.0.0-1)"
            " | qlustar-module-slurm-trixie-amd64-14",
        ),
    }


def test_another_flavor_makes_no_short_package() -> None:
    assert relations(plan("core", flavor="trixie").binaries) == {
        "qlustar-module-core-trixie-amd64-14.0.0": ("${qlumod:Depends}",),
        "qlustar-module-core-trixie-amd64-14.0": (
            "qlustar-module-core-trixie-amd64-14.0.0 (= 14.0.0-2)",
        ),
        "qlustar-module-core-trixie-amd64-14": (
            "qlustar-module-core-trixie-amd64-14.0 (= 14.0.0-2)",
        ),
    }


def test_a_payload_depends_on_the_revision_of_core_that_it_was_built_on() -> None:
    assert payload_depends(plan("slurm", core=7)) == (
        "qlumod-head (>= 0.1~)",
        "qlustar-module-core-bookworm-amd64-14.0.0 (>= 14.0.0-7)",
    )
    assert payload_depends(plan("core")) == ("qlumod-head (>= 0.1~)",)


def test_source_and_version_name_module_flavor_architecture_and_revision() -> None:
    made = plan("slurm", slurm=3)
    assert (made.source, made.version) == ("qlustar-module-slurm-bookworm-amd64", "14.0.0-3")


def test_every_name_can_be_taken_apart_again() -> None:
    for binary in plan("slurm").binaries[:-1]:
        name = ModulePackage.parse(binary.name)
        assert (name.module, str(name)) == ("slurm", binary.name)


@pytest.mark.parametrize(
    ("flavor", "installs"),
    [
        ("bookworm", "qlustar-module-core"),
        ("trixie", "qlustar-module-core-trixie-amd64-14"),
    ],
)
def test_a_head_node_finds_the_module_among_what_apt_offers(flavor: str, installs: str) -> None:
    made = plan("core", flavor=flavor)
    depends = {made.payload: ", ".join(payload_depends(made))}
    text = "\n".join(
        f"Package: {binary.name}\nVersion: {made.version}\n"
        f"Depends: {depends.get(binary.name, ', '.join(binary.depends))}\n"
        f"Description: {binary.synopsis}\n {binary.text}\n"
        for binary in made.binaries
    )
    (offer,) = module_offers(read_stanzas(text, "apt-cache"), {})
    assert (offer.module, offer.package, offer.title) == ("core", made.payload, made.spec.title)
    assert offer.command == ("apt", "install", installs)


def test_a_lock_without_the_modules_revision_is_refused() -> None:
    made = replace(plan("slurm"), lock=replace(lock(), revisions=()))
    with pytest.raises(QlumodError) as caught:
        _ = made.version
    assert str(caught.value) == (
        "cannot package slurm: the lock has no revision for slurm\nTo mend it: qlumod lock"
    )
