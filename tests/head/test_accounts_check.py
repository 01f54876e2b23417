"""qlumod accounts check: ids of the modules' accounts beside those of the head node."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.small_payloads import add_core, add_slurm

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="owners of state need root")

PASSWD = "root:x:0:0::/root:/bin/sh\n"
GROUP = "root:x:0:\n"


@pytest.fixture
def ready(head: HeadNode, tmp_path: Path) -> HeadNode:
    """A head node with core and slurm; the module has user and group munge with the id 400."""
    add_core(head, tmp_path)
    add_slurm(head, tmp_path)
    head.look()
    write(head, PASSWD, GROUP)
    return head


def write(head: HeadNode, passwd: str, group: str) -> None:
    """Give the head node these accounts."""
    (head.root / "etc").mkdir(exist_ok=True)
    (head.root / "etc/passwd").write_text(passwd)
    (head.root / "etc/group").write_text(group)


def test_accounts_with_the_same_ids_are_no_difference(qlumod: CommandLine, ready: HeadNode) -> None:
    write(ready, f"{PASSWD}munge:x:400:400::/:/bin/sh\nanna:x:1000:1000::/:/bin/sh\n", GROUP)
    answer = qlumod("accounts", "check", "--root", ready.root)
    assert (answer.status, answer.out) == (
        0, "none of 7 users and groups of modules differs here (files)\n"
    )  # fmt: skip


def test_another_id_and_another_name_are_told(qlumod: CommandLine, ready: HeadNode) -> None:
    write(
        ready,
        f"{PASSWD}munge:x:997:997::/:/bin/sh\nchrony:x:400:401::/:/bin/sh\n",
        f"{GROUP}munge:x:400:\nshadow:x:50:\n",
    )
    answer = qlumod("accounts", "check", "--root", ready.root)
    assert answer.status == 3
    assert answer.out.splitlines() == [
        "group shadow has the id 42 in core, and 50 on this head node (files)",
        "the id 400 is user munge in slurm, and chrony on this head node (files)",
        "user munge has the id 400 in slurm, and 997 on this head node (files)",
    ]
    found = qlumod("accounts", "check", "--root", ready.root, "--json")
    assert found.status == 3
    assert found.document["differences"][1] == {
        "kind": "user",
        "problem": "other-name",
        "name": "munge",
        "id": 400,
        "modules": [
            {
                "module": "slurm",
                "version": "14.0.0",
                "flavor": "bookworm",
                "architecture": "amd64",
            }
        ],
        "found_name": "chrony",
        "found_id": 400,
        "services": ["files"],
    }
    assert (found.document["compared"], found.document["services"]) == (7, ["files"])


def test_a_damaged_module_is_not_compared(qlumod: CommandLine, ready: HeadNode) -> None:
    (ready.payload("slurm") / "layer.squashfs").unlink()
    ready.look()
    write(ready, f"{PASSWD}munge:x:997:997::/:/bin/sh\n", GROUP)
    answer = qlumod("accounts", "check", "--root", ready.root)
    assert answer.status == 0
    assert "slurm 14.0.0 (bookworm, amd64) is damaged: its accounts are not compared" in answer.err


def on_this_machine(qlumod: CommandLine, head: HeadNode) -> CommandLine:
    """A command line on a machine that is the head node: its files lie over this machine's."""
    mounts = [
        f"mount -t overlay -o lowerdir={head.root}{place}:{place} overlay {place}"
        for place in ("/etc", "/usr/share", "/var/lib")
    ]
    script = " && ".join([*mounts, 'exec "$@"'])
    return replace(
        qlumod, before=("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh")
    )


def in_directory(head: HeadNode, name: str, number: int) -> None:
    """Add a user to a directory that another service than the files knows: that of systemd."""
    users = head.root / "etc/userdb"
    users.mkdir(parents=True, exist_ok=True)
    record = {"userName": name, "uid": number, "gid": number, "disposition": "system"}
    (users / f"{name}.user").write_text(json.dumps(record))
    (users / f"{number}.user").symlink_to(f"{name}.user")


def test_each_service_of_the_machine_is_asked(qlumod: CommandLine, ready: HeadNode) -> None:
    write(ready, f"{PASSWD}munge:x:400:400::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n", GROUP)
    (ready.root / "etc/nsswitch.conf").write_text("passwd: files systemd\ngroup: files\n")
    here = on_this_machine(qlumod, ready)
    answer = here("accounts", "check")
    assert (answer.status, answer.out) == (
        0, "none of 7 users and groups of modules differs here (files, systemd)\n"
    )  # fmt: skip
    in_directory(ready, "munge", 997)
    answer = here("accounts", "check")
    assert (answer.status, answer.out.splitlines(), answer.err) == (
        3, ["user munge has the id 400 in slurm, and 997 on this head node (systemd)"], ""
    )  # fmt: skip


def test_an_id_is_found_in_the_directory_under_another_name(
    qlumod: CommandLine, ready: HeadNode
) -> None:
    (ready.root / "etc/nsswitch.conf").write_text("passwd: files systemd\n")
    in_directory(ready, "anna", 400)
    answer = on_this_machine(qlumod, ready)("accounts", "check", "--json")
    assert answer.status == 3
    (one,) = answer.document["differences"]
    assert (one["problem"], one["name"], one["found_name"], one["services"]) == (
        "other-name", "munge", "anna", ["systemd"]
    )  # fmt: skip


def test_without_a_registry_it_says_how_to_make_one(qlumod: CommandLine, head: HeadNode) -> None:
    answer = qlumod("accounts", "check", "--root", head.root)
    assert answer.status == 1
    assert answer.err.splitlines() == [
        "qlumod: error: there is no registry of modules (/var/lib/qlumod/registry)",
        "To mend it: run: qlumod register",
    ]
