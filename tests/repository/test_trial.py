"""The last look before a commit: what a real apt client makes of the staged suite."""

from qlumod.events import Output
from qlumod.repository.publishing.trial import by_name, stand_in
from tests.repository.conftest import SmallRepository, modules, refused


def test_a_requirement_that_the_suite_lacks_is_told_with_the_reason_of_apt(
    repository: SmallRepository,
) -> None:
    _, slurm, *_ = modules(repository)
    told = refused(repository, slurm)
    assert told.startswith(
        "qlustar-module-slurm-bookworm-amd64-14.0.0=14.0.0-1 cannot be installed from"
        " 14.0-bookworm; nothing was published\n"
    )
    assert (
        "Depends: qlustar-module-core-bookworm-amd64-14.0.0 (= 14.0.0-1) but it is not installable"
        in told
    )
    assert told.endswith("To mend it: publish what it needs together with it")


def test_packages_that_exclude_each_other_are_tried_one_by_one(repository: SmallRepository) -> None:
    repository.publish(repository.deb("this"), repository.deb("that", fields={"Conflicts": "this"}))
    assert len(repository.current.entries()) == 2


def test_what_only_the_distribution_has_is_taken_for_installed(repository: SmallRepository) -> None:
    needs = "libc6 (>= 2.36), python3:any (<< 4), mail-transport-agent | exim4, other (>= 1)"
    repository.publish(repository.deb("everyday", depends=needs), repository.deb("other"))
    (everyday,) = [entry for entry in repository.current.entries() if entry.package == "everyday"]
    offered = f"{everyday.text}\nPackage: other\nVersion: 1\nArchitecture: all\n\n".encode()
    provides = [
        line
        for line in stand_in(by_name([offered]), [everyday], "amd64").splitlines()
        if "Provides" in line
    ]
    assert provides == [
        "Provides: exim4 (= 0), libc6 (= 2.36), mail-transport-agent (= 0), python3 (= 4~)"
    ]


def test_what_must_be_in_the_suite_is_never_taken_for_installed(
    repository: SmallRepository,
) -> None:
    told = refused(repository, repository.deb("everyday", depends="qlumod-head"))
    assert "everyday : Depends: qlumod-head but it is not installable" in told


def test_each_architecture_is_tried_by_a_client_of_its_own(repository: SmallRepository) -> None:
    repository.publish(
        repository.deb("tool", architecture="arm64", depends="libc6"), repository.deb("everyday")
    )
    assert repository.current.architectures == ("amd64", "arm64")


def test_packages_are_marked_at_once(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday", depends="other, libc6"), repository.deb("other"))
    assert len(repository.current.entries()) == 2
    said = [event.line for event in repository.events if isinstance(event, Output)]
    assert any("Packages" in line for line in said)
    assert not any(line.startswith("Inst ") for line in said)


def test_where_packages_do_not_go_together_apt_says_which_and_why(
    repository: SmallRepository,
) -> None:
    told = refused(
        repository, repository.deb("everyday", depends="qlumod-head"), repository.deb("other")
    )
    assert told.startswith("everyday=1.0 cannot be installed from")
    assert "everyday : Depends: qlumod-head but it is not installable" in told


def test_packages_that_have_no_order_to_be_unpacked_in_are_refused(
    repository: SmallRepository,
) -> None:
    one = repository.deb("one", fields={"Pre-Depends": "two"})
    two = repository.deb("two", fields={"Pre-Depends": "one"})
    assert "cannot be installed from" in refused(repository, one, two)
