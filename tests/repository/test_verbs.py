"""The verbs of a repository as a person types them."""

import re
import signal
import socket
import subprocess

from tests.conftest import CommandLine
from tests.repository.client import Client
from tests.repository.conftest import SUITE, SmallRepository, modules


def test_from_an_empty_directory_to_a_client_in_two_commands(
    repository: SmallRepository, qlumod: CommandLine
) -> None:
    begun = qlumod(
        "repo", "init", repository.root, "--key", repository.fingerprint, "--suite", SUITE
    )
    assert begun.status == 0, begun.err
    comments, sources = begun.out.split("\n", 2)[:2], begun.out.split("\n", 2)[2]
    assert comments == [
        f"# {repository.root}: Qlustar, signed by {repository.fingerprint}",
        f"# public key: {repository.root}/qlustar-archive-keyring.asc",
    ]
    done = qlumod("publish", "--repository", repository.root, *modules(repository))
    assert done.status == 0, done.err
    assert re.sub(r"\d{8}T\d{6}Z", "<id>", done.out) == (
        "14.0-bookworm is now <id>:\n"
        "  qlumod-head (all): new, 1.0\n"
        "  qlustar-module-core-bookworm-amd64-14.0.0 (all): new, 14.0.0-1\n"
        "  qlustar-module-slurm (all): new, 14.0.0-1\n"
        "  qlustar-module-slurm-bookworm-amd64-14.0.0 (all): new, 14.0.0-1\n"
    )
    client = Client.following(repository.work / "client", sources, repository.uri)
    client.update()
    assert client.offered("qlustar-module-slurm") == ["14.0.0-1"]


def test_publish_answers_in_json(repository: SmallRepository, qlumod: CommandLine) -> None:
    deb = repository.deb("everyday")
    would = qlumod(*repository.publishing, "--dry-run", "--json", deb)
    changes = [{"package": "everyday", "architecture": "all", "old": None, "new": "1.0"}]
    nothing: dict[str, object] = {
        "format": 1, "suite": SUITE, "snapshot": None, "changes": [], "sets": []
    }  # fmt: skip
    assert would.document == {**nothing, "changes": changes}
    done = qlumod(*repository.publishing, "--json", deb)
    assert done.document["changes"] == changes
    again = qlumod(*repository.publishing, "--json", deb)
    assert again.document == nothing


def test_a_refusal_ends_with_status_1_and_says_how_to_mend_it(
    repository: SmallRepository, qlumod: CommandLine
) -> None:
    repository.publish(repository.deb("everyday", "1.1"))
    refused = qlumod(
        "publish", "--repository", repository.root, "--suite", SUITE, repository.deb("everyday")
    )
    assert refused.status == 1
    assert (
        "qlumod: error: everyday (all): 1.0 is older than the published 1.1\n"
        "To mend it: publish it all the same with --allow-older; clients that have the newer one"
        " keep it\n"
    ) in refused.err


def test_snapshots_are_listed_and_shown(repository: SmallRepository, qlumod: CommandLine) -> None:
    first = repository.publish(repository.deb("everyday", "1.0")).snapshot
    second = repository.publish(repository.deb("everyday", "1.1")).snapshot
    assert qlumod("snapshot", "list", "--repository", repository.root).out == (
        f"{first}  14.0-bookworm  1 packages, 0 sources\n"
        f"{second}  14.0-bookworm  1 packages, 0 sources  *\n"
    )
    assert qlumod("snapshot", "show", str(first), "--repository", repository.root).out == (
        "everyday  1.0  all\n"
    )
    missing = qlumod("snapshot", "show", "20000101T000000Z", "--repository", repository.root)
    assert missing.status == 1


def test_check_ends_with_status_3_where_something_is_wrong(
    repository: SmallRepository, qlumod: CommandLine
) -> None:
    repository.publish(repository.deb("everyday"))
    fine = qlumod("repo", "check", repository.root)
    assert (fine.status, fine.out) == (
        0,
        "1 suites, 1 snapshots, 1 files in the pool: no faults\n",
    )
    (repository.root / "pool/main/e/everyday/everyday_1.0_all.deb").unlink()
    wanting = qlumod("repo", "check", repository.root)
    assert (wanting.status, wanting.out) == (
        3,
        "fault: pool/main/e/everyday/everyday_1.0_all.deb is published, but is not in the pool\n"
        "1 suites, 1 snapshots, 1 files in the pool: 1 faults\n",
    )


def test_a_directory_that_is_no_repository_is_told(
    qlumod: CommandLine, repository: SmallRepository
) -> None:
    told = qlumod("repo", "check", repository.work)
    assert told.status == 1
    assert f"qlumod: error: {repository.work} is no repository of qlumod\n" in told.err


def test_a_key_for_trying_things_out_is_made(
    qlumod: CommandLine, repository: SmallRepository
) -> None:
    made = qlumod(
        "repo", "key", "Demo <demo@example.org>", "--home", repository.work / "g", "--json"
    )
    assert re.fullmatch("[0-9A-F]{40}", made.document["fingerprint"])


def test_serve_offers_the_repository_until_it_is_interrupted(
    repository: SmallRepository, qlumod: CommandLine
) -> None:
    repository.publish(repository.deb("everyday"))
    serving = qlumod.start("serve", "--repository", repository.root, "--port", "0")
    assert serving.stdout is not None
    address = re.search(r"http://\S+", serving.stdout.readline())
    assert address
    client = repository.client(uri=address[0])
    client.update()
    client.install("everyday")
    host, _, port = address[0].strip("/").rpartition("/")[2].partition(":")
    # Nobody is waited for: neither who has asked nothing, nor who takes nothing.
    with socket.create_connection((host, int(port))):
        serving.send_signal(signal.SIGINT)
        status = serving.wait(10)
    assert (status, serving.stdout.read()) == (0, "")


def test_publishing_leaves_no_agent_behind(
    repository: SmallRepository, qlumod: CommandLine
) -> None:
    home = repository.work / "g"
    made = qlumod("repo", "key", "Demo", "--home", home, "--json").document["fingerprint"]
    deb = repository.deb("everyday")
    words = ("--repository", repository.root, "--suite", SUITE, "--key", made, deb)
    assert qlumod("publish", *words, GNUPGHOME=str(home)).status == 0
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert str(home) not in listed.stdout
