"""The verbs of a repository as a person types them."""

import os
import re
import signal
import socket
import subprocess
import sys

from tests.conftest import ROOT, Typed
from tests.repository.client import Client
from tests.repository.conftest import SUITE, Shop, modules


def test_from_an_empty_directory_to_a_client_in_two_commands(shop: Shop, typed: Typed) -> None:
    begun = typed("repo", "init", shop.root, "--key", shop.fingerprint, "--suite", SUITE)
    assert begun.status == 0, begun.err
    comments, sources = begun.out.split("\n", 2)[:2], begun.out.split("\n", 2)[2]
    assert comments == [
        f"# {shop.root}: Qlustar, signed by {shop.fingerprint}",
        f"# public key: {shop.root}/qlustar-archive-keyring.asc",
    ]
    done = typed("publish", "--repository", shop.root, *modules(shop))
    assert done.status == 0, done.err
    assert re.sub(r"\d{8}T\d{6}Z", "<id>", done.out) == (
        "14.0-bookworm is now <id>:\n"
        "  qlumod-head (all): new, 1.0\n"
        "  qlustar-module-core-bookworm-amd64-14.0.0 (all): new, 14.0.0-1\n"
        "  qlustar-module-slurm (all): new, 14.0.0-1\n"
        "  qlustar-module-slurm-bookworm-amd64-14.0.0 (all): new, 14.0.0-1\n"
    )
    client = Client.following(shop.work / "client", sources, shop.uri)
    client.update()
    assert client.offered("qlustar-module-slurm") == ["14.0.0-1"]


def test_publish_answers_in_json(shop: Shop, typed: Typed) -> None:
    words = ("publish", "--repository", shop.root, "--suite", SUITE, "--key", shop.fingerprint)
    deb = shop.deb("everyday")
    would = typed(*words, "--dry-run", "--json", deb)
    changes = [{"package": "everyday", "architecture": "all", "old": None, "new": "1.0"}]
    nothing: dict[str, object] = {"suite": SUITE, "snapshot": None, "changes": [], "sets": []}
    assert would.document == {**nothing, "changes": changes}
    done = typed(*words, "--json", deb)
    assert done.document["changes"] == changes
    again = typed(*words, "--json", deb)
    assert again.document == nothing


def test_a_refusal_ends_with_status_1_and_says_how_to_mend_it(shop: Shop, typed: Typed) -> None:
    shop.publish(shop.deb("everyday", "1.1"))
    refused = typed("publish", "--repository", shop.root, "--suite", SUITE, shop.deb("everyday"))
    assert refused.status == 1
    assert (
        "qlumod: error: everyday (all): 1.0 is older than the published 1.1\n"
        "To mend it: publish it all the same with --allow-older; clients that have the newer one"
        " keep it\n"
    ) in refused.err


def test_snapshots_are_listed_and_shown(shop: Shop, typed: Typed) -> None:
    first = shop.publish(shop.deb("everyday", "1.0")).snapshot
    second = shop.publish(shop.deb("everyday", "1.1")).snapshot
    assert typed("snapshot", "list", "--repository", shop.root).out == (
        f"{first}  14.0-bookworm  1 packages, 0 sources\n"
        f"{second}  14.0-bookworm  1 packages, 0 sources  *\n"
    )
    assert typed("snapshot", "show", str(first), "--repository", shop.root).out == (
        "everyday  1.0  all\n"
    )
    missing = typed("snapshot", "show", "20000101T000000Z", "--repository", shop.root)
    assert missing.status == 1


def test_check_ends_with_status_3_where_something_is_wrong(shop: Shop, typed: Typed) -> None:
    shop.publish(shop.deb("everyday"))
    fine = typed("repo", "check", shop.root)
    assert (fine.status, fine.out) == (
        0,
        "1 suites, 1 snapshots, 1 files in the pool: no faults\n",
    )
    (shop.root / "pool/main/e/everyday/everyday_1.0_all.deb").unlink()
    wanting = typed("repo", "check", shop.root)
    assert (wanting.status, wanting.out) == (
        3,
        "fault: pool/main/e/everyday/everyday_1.0_all.deb is published, but is not in the pool\n"
        "1 suites, 1 snapshots, 1 files in the pool: 1 faults\n",
    )


def test_a_directory_that_is_no_repository_is_told(typed: Typed, shop: Shop) -> None:
    told = typed("repo", "check", shop.work)
    assert told.status == 1
    assert f"qlumod: error: {shop.work} is no repository of qlumod\n" in told.err


def test_a_key_for_trying_things_out_is_made(typed: Typed, shop: Shop) -> None:
    made = typed("repo", "key", "Demo <demo@example.org>", "--home", shop.work / "g", "--json")
    assert re.fullmatch("[0-9A-F]{40}", made.document["fingerprint"])


def test_serve_offers_the_repository_until_it_is_interrupted(shop: Shop, typed: Typed) -> None:
    shop.publish(shop.deb("everyday"))
    serving = subprocess.Popen(
        [sys.executable, "-m", "qlumod", "serve", "--repository", shop.root, "--port", "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert serving.stderr is not None
    address = re.search(r"http://\S+", serving.stderr.readline())
    assert address
    client = shop.client(uri=address[0])
    client.update()
    client.install("everyday")
    host, _, port = address[0].strip("/").rpartition("/")[2].partition(":")
    # Nobody is waited for: neither who has asked nothing, nor who takes nothing.
    with socket.create_connection((host, int(port))):
        serving.send_signal(signal.SIGINT)
        status = serving.wait(10)
    assert (status, serving.stderr.read()) == (0, "")


def test_publishing_leaves_no_agent_behind(shop: Shop, typed: Typed) -> None:
    home = shop.work / "g"
    made = typed("repo", "key", "Demo", "--home", home, "--json").document["fingerprint"]
    deb = shop.deb("everyday")
    words = ("--repository", shop.root, "--suite", SUITE, "--key", made, deb)
    assert typed("publish", *words, GNUPGHOME=str(home)).status == 0
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert str(home) not in listed.stdout
