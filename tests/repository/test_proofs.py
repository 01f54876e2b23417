"""A suite takes modules that are proved to go together: these bytes, each pair of them."""

import json
import re
from pathlib import Path

import pytest

from qlumod import __version__
from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.model.digests import digest_bytes
from qlumod.repository.format.settings import Wishes
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.rules.retention import Retention
from qlumod.repository.sets.module_sets import ModuleSet
from qlumod.repository.sets.proofs import forget_proofs, known_proofs
from qlumod.repository.sets.set_documents import read_set, recorded_sets
from qlumod.repository.verbs.gc import collect
from qlumod.repository.verbs.repo import check_repository, init_repository
from qlumod.repository.verbs.sign import renew
from qlumod.repository.verbs.withdraw import remove_packages, rollback
from qlumod.system.keys.gpg import all_fingerprints, make_key
from qlumod.system.keys.signers import armoured_keys, public_keys
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.conftest import CommandLine
from tests.repository.conftest import SUITE, SmallRepository, refused
from tests.repository.payloads import payload
from tests.repository.proofs import of_all, of_one, signed
from tests.support.signing import weak_key

pytestmark = pytest.mark.usefixtures("untried")
PROPOSED = f"{SUITE}-proposed-updates"
FIRST = (
    f"{SUITE} takes proved modules only, and {{tally}} pairs of modules are proved of 14.0.0"
    " (bookworm, amd64); there is no proof that these equal one installation:\n"
)
REMEDY = (
    "To mend it: prove them: qlumod verify-stack {of} --flavor bookworm --arch amd64 --proof"
    " proof.json; then publish with --proof proof.json. To publish without: --unproved, which is"
    " recorded"
)


def modules(repository: SmallRepository, *names: str) -> tuple[Path, ...]:
    return tuple(payload(repository, name) for name in ("core", *names))


def sets(repository: SmallRepository) -> list[ModuleSet]:
    """What is known of the suite's modules."""
    found = (read_set(repository.layout, line) for line in recorded_sets(repository.current) or ())
    return [one for one in found if one]


def unproved(repository: SmallRepository) -> list[str]:
    """The pairs that the suite has no proof of."""
    return [one.named(pair) for one in sets(repository) for pair in one.proving.lacking]


def promoted(repository: SmallRepository, **options) -> Publication:
    repository.date += 1
    return repository.promote(PROPOSED, SUITE, **options)


def test_a_proof_of_each_pair_lets_modules_in(repository: SmallRepository) -> None:
    debs = modules(repository, "nvidia", "slurm")
    proof = signed(repository, "proof.json", of_all(*debs))
    published = repository.publish(*debs, proofs=[proof])
    proving = published.sets[0].proving
    assert (proving.pairs, proving.unproved, len(proving.proofs)) == (3, 0, 1)
    kept = repository.layout.proofs / f"{proving.proofs[0]}.json"
    assert kept.read_bytes() == proof.read_bytes()
    assert check_repository(repository.root, listen=ignore).cautions == ()


def test_without_a_proof_the_pairs_are_named(repository: SmallRepository) -> None:
    debs = modules(repository, "nvidia", "slurm")
    assert refused(repository, *debs, proofs=[]) == (
        FIRST.format(tally="0 of 3") + "  core 14.0.0-1 + nvidia 14.0.0-1\n"
        "  core 14.0.0-1 + slurm 14.0.0-1\n"
        "  nvidia 14.0.0-1 + slurm 14.0.0-1\n" + REMEDY.format(of="--all")
    )
    assert not repository.layout.proofs.exists()


def test_of_many_pairs_ten_are_named(repository: SmallRepository) -> None:
    told = refused(
        repository, *modules(repository, "a", "b", "c", "d", "e"), proofs=[]
    ).splitlines()
    assert (len(told), told[11]) == (13, "  and 5 more")


def test_one_pair_that_lacks_is_proved_by_its_name(repository: SmallRepository) -> None:
    debs = modules(repository, "nvidia", "slurm")
    proofs = [
        signed(repository, "one.json", of_one(debs[0], debs[1])),
        signed(repository, "two.json", of_one(debs[0], debs[2])),
    ]
    assert refused(repository, *debs, proofs=proofs) == (
        FIRST.format(tally="2 of 3")
        + "  nvidia 14.0.0-1 + slurm 14.0.0-1\n"
        + REMEDY.format(of="nvidia slurm")
    )
    repository.publish(*debs, proofs=[*proofs, signed(repository, "three.json", of_one(*debs))])
    assert unproved(repository) == []


def test_a_core_alone_is_proved_alone(repository: SmallRepository) -> None:
    (core,) = modules(repository)
    assert "  core 14.0.0-1\n" in refused(repository, core, proofs=[])
    repository.publish(core, proofs=[signed(repository, "proof.json", of_one(core))])


def test_what_was_made_in_a_profile_is_proved_in_it(repository: SmallRepository) -> None:
    core = payload(repository, "core", "14.0.0-1~profile.dev")
    told = refused(repository, core, proofs=[], profile="dev")
    assert "verify-stack core --flavor bookworm --arch amd64 --profile dev --proof" in told


def test_a_proof_is_about_bytes(repository: SmallRepository) -> None:
    core, slurm = modules(repository, "slurm")
    proof = signed(repository, "proof.json", of_one(core, slurm))
    moved = payload(repository, "core", "14.0.0-2")
    told = refused(repository, moved, slurm, proofs=[proof])
    assert "  core 14.0.0-2 + slurm 14.0.0-1\n" in told
    assert "  W/proof.json is about other bytes than those of core 14.0.0-2\n" in told


def test_a_proof_of_differences_is_none(repository: SmallRepository) -> None:
    core, slurm = modules(repository, "slurm")
    one = signed(repository, "one.json", of_one(core, slurm, equal=False))
    every = signed(repository, "all.json", of_all(core, slurm, unequal=[("core", "slurm")]))
    told = refused(repository, core, slurm, proofs=[one, every])
    for name in ("one", "all"):
        line = f"  W/{name}.json says of 1 stacks that they do not equal one installation\n"
        assert line in told


def test_a_proof_of_another_flavor_is_told(repository: SmallRepository) -> None:
    other = (
        payload(repository, "core", flavor="trixie"),
        payload(repository, "slurm", flavor="trixie"),
    )
    proof = signed(repository, "proof.json", of_one(*other))
    told = refused(repository, *modules(repository, "slurm"), proofs=[proof])
    assert "  W/proof.json is about 14.0.0 (trixie, amd64)\n" in told


def test_modules_that_exclude_each_other_need_no_proof_together(
    repository: SmallRepository,
) -> None:
    core, old = modules(repository, "samba-4.17")
    new = payload(repository, "samba-4.22", conflicts=("samba-4.17",))
    proofs = [signed(repository, f"{deb.name}.json", of_one(core, deb)) for deb in (old, new)]
    repository.publish(core, old, new, proofs=proofs)


def test_a_pair_stands_upon_all_that_it_requires(repository: SmallRepository) -> None:
    core, nvidia = modules(repository, "nvidia")
    cuda = payload(repository, "cuda", requires=("core", "nvidia"))
    two = signed(repository, "two.json", of_one(core, nvidia))
    three = signed(repository, "three.json", of_one(core, nvidia, cuda))
    repository.publish(core, nvidia, cuda, proofs=[two, three])
    assert unproved(repository) == []


def test_unproved_is_recorded_and_told(repository: SmallRepository) -> None:
    repository.publish(*modules(repository, "slurm"), unproved=True)
    assert unproved(repository) == ["core 14.0.0-1 + slurm 14.0.0-1"]
    assert check_repository(repository.root, listen=ignore).cautions == (
        f"{SUITE}: 0 of 1 pairs of modules are proved of 14.0.0 (bookworm, amd64)",
    )


def test_what_is_no_module_needs_no_proof(repository: SmallRepository) -> None:
    repository.publish(*modules(repository, "slurm"), unproved=True)
    repository.publish(repository.deb("everyday"), proofs=[])
    assert unproved(repository) == ["core 14.0.0-1 + slurm 14.0.0-1"]


def test_a_proof_may_come_later(repository: SmallRepository) -> None:
    debs = modules(repository, "slurm")
    repository.publish(*debs, unproved=True)
    proof = signed(repository, "proof.json", of_all(*debs))
    done = repository.publish(proofs=[proof])
    assert (done.changes, unproved(repository)) == ((), [])
    assert done.snapshot == repository.current.identity
    assert repository.publish(proofs=[proof]).snapshot is None


def test_proposed_updates_are_proved_when_they_are_promoted(repository: SmallRepository) -> None:
    debs = modules(repository, "slurm")
    repository.publish(*debs, suite=PROPOSED, proofs=[])
    with pytest.raises(QlumodError, match="0 of 1 pairs of modules are proved"):
        promoted(repository)
    proof = signed(repository, "proof.json", of_all(*debs))
    assert promoted(repository, proofs=[proof], dry_run=True).snapshot is None
    promoted(repository, proofs=[proof])
    assert unproved(repository) == []


def test_a_promotion_uses_the_proofs_that_are_known(repository: SmallRepository) -> None:
    debs = modules(repository, "slurm")
    repository.publish(
        *debs, suite=PROPOSED, proofs=[signed(repository, "proof.json", of_all(*debs))]
    )
    promoted(repository)
    assert unproved(repository) == []


def test_each_later_module_is_proved_with_those_that_are_there(repository: SmallRepository) -> None:
    core, slurm, nvidia = modules(repository, "slurm", "nvidia")
    repository.publish(core, slurm, proofs=[signed(repository, "one.json", of_all(core, slurm))])
    told = refused(repository, nvidia, proofs=[])
    assert told.startswith(FIRST.format(tally="1 of 3"))
    repository.publish(nvidia, proofs=[signed(repository, "two.json", of_all(core, slurm, nvidia))])
    (line,) = recorded_sets(repository.current) or ()
    assert (line.pairs, line.unproved) == (3, 0)


def test_signing_anew_keeps_what_is_recorded(repository: SmallRepository) -> None:
    repository.publish(*modules(repository, "slurm"), unproved=True)
    before = repository.current.checked("modules")
    renew((), terms=repository.terms(date=repository.date + 1), listen=ignore)
    assert repository.current.checked("modules") == before


def test_going_back_needs_no_proof(repository: SmallRepository) -> None:
    first = modules(repository, "slurm")
    repository.publish(*first, unproved=True)
    second = [payload(repository, name, "14.0.0-2") for name in ("core", "slurm")]
    repository.publish(*second, proofs=[signed(repository, "proof.json", of_all(*second))])
    rollback(SUITE, terms=repository.terms(date=repository.date + 1), listen=ignore)
    assert unproved(repository) == ["core 14.0.0-1 + slurm 14.0.0-1"]
    remove_packages(
        SUITE,
        ["qlustar-module-slurm-bookworm-amd64-14.0.0"],
        terms=repository.terms(date=repository.date + 2),
        listen=ignore,
    )
    assert unproved(repository) == ["core 14.0.0-1"]


def test_proofs_stay_as_long_as_a_snapshot_mentions_them(repository: SmallRepository) -> None:
    first, second = (
        modules(repository, "slurm"),
        [payload(repository, n, "14.0.0-2") for n in ("core", "slurm")],
    )
    every = signed(repository, "every.json", of_all(*first))
    repository.publish(*first, proofs=[every], suite=PROPOSED)
    repository.publish(
        *second, proofs=[signed(repository, "new.json", of_all(*second))], suite=PROPOSED
    )
    assert len(list(repository.layout.proofs.iterdir())) == 2
    collect(
        repository.root,
        retention=Retention(keep=1, grace=0),
        now=repository.date + 1,
        listen=ignore,
    )
    (kept,) = repository.layout.proofs.iterdir()
    assert kept.read_bytes() == (repository.work / "new.json").read_bytes()
    promoted(repository)
    assert unproved(repository) == []


def test_a_proof_that_is_gone_or_damaged_is_a_fault(repository: SmallRepository) -> None:
    debs = modules(repository, "slurm")
    repository.publish(*debs, proofs=[signed(repository, "proof.json", of_all(*debs))])
    (kept,) = repository.layout.proofs.iterdir()
    kept.write_text("{}")
    assert check_repository(repository.root, listen=ignore).faults == (
        f"{kept} is not the proof that {repository.current.identity} mentions",
    )


def test_the_verbs_take_proofs_and_tell_what_lacks(
    repository: SmallRepository, qlumod: CommandLine
) -> None:
    debs = modules(repository, "slurm")
    proof = signed(repository, "proof.json", of_all(*debs))
    words = ("publish", "--repository", repository.root, "--suite", SUITE)
    told = qlumod(*words, "--key", repository.fingerprint, "--unproved", *debs)
    assert told.out.splitlines()[-1] == (
        "unproved: 0 of 1 pairs of modules are proved of 14.0.0 (bookworm, amd64)"
    )
    first = repository.current.identity
    shown = qlumod("snapshot", "show", first, "--repository", repository.root).out.splitlines()
    assert shown[-2:] == [
        "0 of 1 pairs of modules are proved of 14.0.0 (bookworm, amd64)",
        "unproved: core 14.0.0-1 + slurm 14.0.0-1",
    ]
    (found,) = qlumod(*words, "--proof", proof, "--json").document["sets"]
    assert (found["pairs"], found["unproved"], found["lacking"]) == (1, 0, [])
    assert qlumod(*words).status == 2
    signed(repository, "proof.json", {"error": {}})
    told = qlumod(*words, "--proof", proof, *debs)
    assert told.status == 1
    assert f"qlumod: error: {proof}: this is no proof: it tells of an error\n" in told.err


def test_a_proof_that_nobody_signed_is_refused(repository: SmallRepository) -> None:
    debs = modules(repository, "slurm")
    proof = repository.work / "proof.json"
    proof.write_text(json.dumps(of_all(*debs)))
    assert refused(repository, *debs, proofs=[proof]) == (
        "W/proof.json: this proof is not signed: anybody could have written it\n"
        "To mend it: have it written anew, signed by the key of the host that proves: qlumod"
        " verify-stack … --proof FILE --key FINGERPRINT (what was proved is not proved again)"
    )
    repository.publish(*debs, unproved=True)
    assert unproved(repository) == ["core 14.0.0-1 + slurm 14.0.0-1"]


def test_a_proof_that_was_changed_is_refused(repository: SmallRepository) -> None:
    debs = modules(repository, "slurm")
    proof = signed(repository, "proof.json", of_all(*debs, unequal=[("core", "slurm")]))
    text = proof.read_text()
    proof.write_text(text.replace('"equal": false', '"equal": true'))
    told = refused(repository, *debs, proofs=[proof])
    assert told.startswith("W/proof.json: no key signed this proof whose proofs W/repository takes")
    assert "BAD signature" in told


def test_the_proofs_of_another_host_count_once_the_repository_was_told_of_its_key(
    repository: SmallRepository, keys: Path
) -> None:
    debs = modules(repository, "slurm")
    other = make_key(keys, "Prover <prover@example.org>").fingerprint
    proof = signed(repository, "proof.json", of_all(*debs), key=other)
    told = refused(repository, *debs, proofs=[proof])
    assert told.startswith(
        "W/proof.json: no key signed this proof whose proofs W/repository takes\n"
    )
    assert told.endswith(
        f"  it takes those of {repository.fingerprint}\n"
        "To mend it: prove with one of these (qlumod verify-stack … --proof FILE --key"
        " FINGERPRINT); or, if you trust the host: qlumod repo init W/repository --proving-key"
        " FINGERPRINT"
    )
    founded = init_repository(
        repository.root,
        wishes=Wishes(keys=(repository.fingerprint,), proving_keys=(other,)),
        listen=ignore,
    )
    assert founded.settings.proving_keys == (other,)
    repository.publish(*debs, proofs=[proof])
    assert unproved(repository) == []
    # A later call that names none leaves them as they are.
    assert init_repository(
        repository.root, wishes=Wishes(), listen=ignore
    ).settings.proving_keys == (other,)
    assert check_repository(repository.root, listen=ignore).faults == ()
    repository.layout.proving_keys.write_bytes(b"")
    assert check_repository(repository.root, listen=ignore).faults == (
        f"{repository.layout.proving_keys} does not hold the key {other}",
    )
    assert not init_repository(
        repository.root, wishes=Wishes(proving_keys=()), listen=ignore
    ).settings.proving_keys
    repository.publish(unproved=True, proofs=[])
    with pytest.raises(QlumodError, match="no key signed this proof"):
        repository.publish(proofs=[proof])


def test_a_subkey_that_was_named_speaks_for_itself_only(
    repository: SmallRepository, keys: Path
) -> None:
    debs = modules(repository, "slurm")
    primary = make_key(keys, "Subkeys <subkeys@example.org>").fingerprint
    for _ in range(2):
        words = ("--quick-add-key", primary, "ed25519", "sign", "never")
        capture(command("gpg", "--batch", "--passphrase", "", *words))
    first, second = (
        one for one in sorted(all_fingerprints(public_keys([primary]))) if one != primary
    )
    proofs = [
        signed(repository, f"{n}.json", of_all(*debs), key=k) for n, k in enumerate((first, second))
    ]
    wishes = Wishes(keys=(repository.fingerprint,), proving_keys=(first,))
    init_repository(repository.root, wishes=wishes, listen=ignore)
    told = refused(repository, *debs, proofs=[proofs[1]])
    assert f"  it is signed by {primary}\n" in told
    repository.publish(*debs, proofs=[proofs[0]])


def test_a_proving_key_has_to_be_here_once(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"))
    with pytest.raises(QlumodError) as told:
        init_repository(repository.root, wishes=Wishes(proving_keys=("A" * 40,)), listen=ignore)
    assert str(told.value).startswith(
        f"the key {'A' * 40} is missing: there is no public key of that fingerprint in "
    )
    assert str(told.value).endswith(
        "\nTo mend it: import it (gpg --import FILE), once you are sure of the fingerprint"
    )


def test_a_permit_that_somebody_made_up_is_refused_however_it_is_signed(
    repository: SmallRepository,
) -> None:
    debs = modules(repository, "slurm")
    document = of_one(*debs, equal=False)
    document["equal"] = True
    document["differences"][-1]["permitted"] = "because I say so"
    document["permitted"].append({"name": "because I say so", "paths": 1, "why": "I say so"})
    proof = signed(repository, "proof.json", document)
    assert refused(repository, *debs, proofs=[proof]) == (
        f"W/proof.json: this is no proof: qlumod {__version__} knows no permit 'because I say so'\n"
        "To mend it: have it written anew: qlumod verify-stack --all --proof proof.json"
    )


def test_the_faults_of_all_proofs_are_told_at_once(repository: SmallRepository) -> None:
    debs = modules(repository, "slurm")
    proofs = [signed(repository, f"{n}.json", {"format": 1}) for n in "ab"]
    told = refused(repository, *debs, proofs=proofs)
    assert [line.partition(":")[0] for line in told.splitlines()][::2] == ["W/a.json", "W/b.json"]


def test_what_was_taken_before_proofs_were_signed_stays(repository: SmallRepository) -> None:
    debs, later = modules(repository, "slurm"), payload(repository, "nvidia")
    repository.publish(*debs, proofs=[signed(repository, "proof.json", of_all(*debs))])
    # As an older version kept it: without a signature, and with permits of its own.
    (kept,) = repository.layout.proofs.iterdir()
    document = of_all(*debs)
    del document["qlumod"]
    document["permitted"] = [{"name": "of older times", "why": "it was so"}]
    data = json.dumps(document).encode()
    older = repository.layout.proofs / f"{digest_bytes(data)}.json"
    older.write_bytes(data)
    repository.layout.proved.write_text(
        repository.layout.proved.read_text().replace(kept.stem, older.stem)
    )
    kept.unlink()
    told = refused(repository, later, proofs=[])
    assert told.startswith(FIRST.format(tally="1 of 3"))
    forget_proofs(repository.layout, {older.stem})
    assert list(known_proofs(repository.layout).values()) == [older.stem] * 2


def test_an_old_key_of_the_host_no_longer_counts_when_it_has_expired(
    repository: SmallRepository, keys: Path
) -> None:
    debs = modules(repository, "slurm")
    old = make_key(keys, "Expires <expires@example.org>", expires="seconds=4").fingerprint
    proof = signed(repository, "proof.json", of_all(*debs), key=old)
    init_repository(
        repository.root,
        wishes=Wishes(keys=(repository.fingerprint,), proving_keys=(old,)),
        listen=ignore,
    )
    capture(command("sleep", "5"))
    told = refused(repository, *debs, proofs=[proof])
    assert f"  its key has expired: {old[-16:]} Expires <expires@example.org>\n" in told


def test_what_was_published_before_proofs_were_asked_for_stays(
    repository: SmallRepository,
) -> None:
    core, slurm, nvidia = modules(repository, "slurm", "nvidia")
    repository.publish(core, slurm)
    for name in ("Release", "InRelease"):
        # As a version wrote it that asked for no proofs.
        path = repository.current.directory / name
        path.write_text(re.sub(r"^ .* modules\n", "", path.read_text(), flags=re.MULTILINE))
    assert recorded_sets(repository.current) is None
    repository.publish(repository.deb("everyday"), proofs=[])
    assert unproved(repository) == ["core 14.0.0-1 + slurm 14.0.0-1"]
    assert refused(repository, nvidia, proofs=[]).startswith(FIRST.format(tally="0 of 3"))


def test_what_a_weak_key_signed_proves_nothing(repository: SmallRepository, keys: Path) -> None:
    debs = modules(repository, "slurm")
    weak = weak_key(keys, "Weak prover", "Key-Type: DSA", "Key-Length: 2048")
    repository.publish(repository.deb("everyday"))
    text = repository.layout.settings.read_text()
    repository.layout.settings.write_text(
        text.replace("Architectures:", f"Proving-Keys:\n {weak}\nArchitectures:")
    )
    repository.layout.proving_keys.write_bytes(armoured_keys([weak]))
    told = refused(
        repository, *debs, proofs=[signed(repository, "proof.json", of_all(*debs), key=weak)]
    )
    assert told.startswith(
        f"W/proof.json: the key that signed this proof: the key {weak} is too weak: DSA of 2048"
        " bits\n  DSA of any size: refused since 2024-02-01"
    )
