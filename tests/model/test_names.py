"""Names and digests: taken apart only one way, and never the same for two things."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.model.accounts_file import parse_accounts
from qlumod.model.digests import Value, digest_value
from qlumod.model.image import image_name
from qlumod.model.module_file import parse_spec
from qlumod.model.names import (
    FlavorName,
    ModuleName,
    ModulePackage,
    ReleaseVersion,
    arch_name,
    flavor_name,
    module_name,
    short_package,
    suite_name,
)
from tests.support.documents import ACCOUNTS, SLURM, release

VERSION = ReleaseVersion(14, 0, 0)


@pytest.mark.parametrize(
    "module", ["slurm", "lustre-2.12", "beegfs-7-client", "ws-base", "a-module-b"]
)
def test_a_package_name_is_taken_apart_from_the_right(module: str) -> None:
    name = f"qlustar-module-{module}-bookworm-amd64-14.0.0"
    parts = ModulePackage.parse(name)
    assert (parts.prefix, parts.module, parts.flavor, parts.arch, parts.version) == (
        "qlustar",
        module,
        "bookworm",
        "amd64",
        "14.0.0",
    )
    assert str(parts) == name


@pytest.mark.parametrize("version", ["14.0", "14"])
def test_meta_packages_have_the_same_form(version: str) -> None:
    assert ModulePackage.parse(f"qlustar-module-core-bookworm-amd64-{version}").version == version


@pytest.mark.parametrize(
    "name",
    ["qlustar-module-slurm", "slurm-bookworm-amd64-14.0.0", "qlustar-module-slurm-bookworm-14.0.0",
     "qlustar-module-slurm-bookworm-amd64-14.0.0.1", "qlustar-module-Slurm-bookworm-amd64-14"],
)  # fmt: skip
def test_what_is_no_module_package_is_refused(name: str) -> None:
    with pytest.raises(QlumodError):
        ModulePackage.parse(name)


def test_a_release_has_meta_versions_a_suite_and_short_packages() -> None:
    assert VERSION.meta == ("14.0", "14")
    assert suite_name(VERSION, FlavorName("bookworm")) == "14.0-bookworm"
    assert short_package("qlustar", ModuleName("slurm")) == "qlustar-module-slurm"


def test_versions_are_ordered_by_number() -> None:
    texts = ["14.0.0", "9.1.2", "14.0.10", "14.0.9", "14.1.0"]
    ordered = sorted(map(ReleaseVersion.parse, texts))
    assert list(map(str, ordered)) == ["9.1.2", "14.0.0", "14.0.9", "14.0.10", "14.1.0"]


@pytest.mark.parametrize(
    "text", ["14", "14.0", "14.0.0.0", "14.00.0", "v14.0.0", "14.0.0\n", "1٤.0.0"]
)
def test_a_release_version_has_one_spelling(text: str) -> None:
    with pytest.raises(QlumodError) as caught:
        ReleaseVersion.parse(text)
    assert str(caught.value) == f"{text!r} is no release version: it has the form x.y.z"


@pytest.mark.parametrize("text", ["", "Bookworm", "book-worm", "../x", "a b", "1st", "a\n"])
def test_flavors_and_architectures_are_words(text: str) -> None:
    for check in (flavor_name, arch_name):
        with pytest.raises(QlumodError):
            check(text)


VALUES: st.SearchStrategy[Value] = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=3), st.binary(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=2), inner, max_size=2),
    ),
    max_leaves=5,
)


@given(VALUES, VALUES)
def test_two_values_have_one_digest_only_if_they_are_equal(one: Value, other: Value) -> None:
    assert (digest_value(one) == digest_value(other)) == (one == other)


def test_digests_do_not_join_neighbours() -> None:
    assert digest_value(["ab", "c"]) != digest_value(["a", "bc"])
    assert digest_value(["a", ["b"]]) != digest_value(["a", "b"])
    assert digest_value({"a": "b", "c": "d"}) == digest_value({"c": "d", "a": "b"})


def test_canonical_texts_stay_as_they_are() -> None:
    """Whoever changes one makes every lock stale: is that meant?"""
    (spec,) = parse_spec(SLURM, "slurm.module", release())
    assert {
        "release": release().digest,
        "accounts": parse_accounts(ACCOUNTS, "accounts").digest,
        "spec": spec.digest,
    } == {
        "release": "395e766b945d80ee0a6b63c78293879923336126401a6be3e3fa6a2c1882b077",
        "accounts": "82f90e8b2bda379af8006706f6e47b1c0b937e2c4be0c6dd25679b4e88830011",
        "spec": "e37b244549530237718c762fd1c38ac98f9a3657dbfaa97070419d14baebdd87",
    }


@pytest.mark.parametrize(("check", "what"), [(module_name, "module"), (image_name, "image")])
def test_a_name_leaves_room_for_what_else_a_files_name_has(
    check: Callable[[str], str], what: str
) -> None:
    assert check("a" * 100)
    with pytest.raises(QlumodError, match=f"is no {what} name: it has more than 100 characters"):
        check("a" * 101)
