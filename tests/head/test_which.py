"""A package or a path is found in the modules and in the images that have it."""

import gzip
import hashlib
import os
import random
import shutil

import pytest

from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.listed_payloads import build_listed

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")


@pytest.fixture
def built(listed: HeadNode) -> HeadNode:
    """A head node with an image of core and slurm."""
    build_listed(listed)
    return listed


def test_a_package_is_found_in_modules_and_images(qlumod: CommandLine, built: HeadNode) -> None:
    assert qlumod.must("which", "openssl", "--root", built.root).out.splitlines() == [
        "modules",
        "  core  14.0.0  bookworm  amd64  openssl  3.0.15-1",
        "images",
        "  compute  generation 1 (deployed)  module core  14.0.0  openssl  3.0.15-1",
    ]


def test_the_shell_offers_packages_and_generations(qlumod: CommandLine, built: HeadNode) -> None:
    def offered(*words: str) -> list[str]:
        typed = "\n".join(("qlumod", *words[:-1]))
        answer = qlumod(_QLUMOD_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CURRENT=words[-1])
        assert (answer.status, answer.err) == (0, "")
        return [" ".join(line.split("\t")[1:]).strip() for line in answer.out.splitlines()]

    root = str(built.root)
    build_listed(built)
    assert offered("which", "--root", root, "m") == ["munge 0.5.15-2"]
    assert len(offered("which", "--root", root, "")) == 4
    typed = ("image", "show", "compute", "--root", root, "--generation", "")
    assert offered(*typed) == ["2", "1"]


def test_a_pattern_finds_all_packages_of_such_names(qlumod: CommandLine, built: HeadNode) -> None:
    lines = qlumod.must("which", "*[em]*", "--root", built.root).out.splitlines()
    assert lines[1:5] == [
        "  core   14.0.0  bookworm  amd64  base-files  12.4",
        "  core   14.0.0  bookworm  amd64  openssl     3.0.15-1",
        "  slurm  14.0.0  bookworm  amd64  munge       0.5.15-2",
        "  slurm  14.0.0  bookworm  amd64  slurmd      22.05.8-4",
    ]


@pytest.mark.parametrize("typed", ["/usr/sbin/slurmd", "/sbin/slurmd", "/usr//sbin/./slurmd"])
def test_a_path_is_found_with_its_package_however_it_is_spelled(
    qlumod: CommandLine, built: HeadNode, typed: str
) -> None:
    assert qlumod.must("which", typed, "--root", built.root).out.splitlines() == [
        "modules",
        "  slurm  14.0.0  bookworm  amd64  slurmd  22.05.8-4",
        "images",
        "  compute  generation 1 (deployed)  module slurm  14.0.0  slurmd  22.05.8-4",
    ]


def test_in_an_image_a_path_is_that_of_the_uppermost_layer(
    qlumod: CommandLine, built: HeadNode
) -> None:
    found = qlumod.must("which", "/etc/motd", "--root", built.root, "--json").document
    assert [each["module"] for each in found["modules"]] == ["core", "slurm"]
    assert [each["module"] for each in found["images"]] == ["slurm"]
    (built.places.images / "common/copy/etc").mkdir(parents=True)
    (built.places.images / "common/copy/etc/motd").write_text("of the site\n")
    build_listed(built)
    lines = qlumod.must("which", "/etc/motd", "--root", built.root).out.splitlines()
    assert lines[3:] == [
        "images",
        "  compute  generation 1             module slurm   14.0.0  slurmd  22.05.8-4",
        "  compute  generation 2 (deployed)  its own layer          <site>",
    ]


def test_a_link_is_followed_to_what_it_leads_to(qlumod: CommandLine, built: HeadNode) -> None:
    copy = built.places.images / "common/copy"
    for path, target in (
        ("usr/bin/tls", "/etc/alternatives/tls"),
        ("etc/alternatives/tls", "../../bin/openssl"),
        ("usr/bin/circle", "circle"),
    ):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).symlink_to(target)
    build_listed(built)
    assert qlumod.must("which", "/usr/bin/tls", "--root", built.root).out.splitlines() == [
        "modules",
        "  none",
        "images",
        "  compute  generation 2 (deployed)  its own layer    <site>",
        "",
        "/usr/bin/tls leads to /usr/bin/openssl",
        "modules",
        "  core  14.0.0  bookworm  amd64  base-files  12.4",
        "images",
        "  compute  generation 1             module core  14.0.0  base-files  12.4",
        "  compute  generation 2 (deployed)  module core  14.0.0  base-files  12.4",
    ]
    assert len(qlumod.must("which", "/bin/circle", "--root", built.root).out.splitlines()) == 4


@pytest.mark.parametrize("path", ["/etc/hidden", "/usr/lib/gone/file"])
def test_a_path_that_a_layer_hides_is_in_no_image(
    qlumod: CommandLine, built: HeadNode, path: str
) -> None:
    found = qlumod.must("which", path, "--root", built.root, "--json").document
    assert [each["module"] for each in found["modules"]] == ["core"]
    assert found["images"] == []


def test_json_has_all_that_is_known_of_a_path(qlumod: CommandLine, built: HeadNode) -> None:
    found = qlumod.must("which", "/usr/bin/openssl", "--root", built.root, "--json").document
    package = {
        "package": "base-files", "version": "12.4", "architecture": "amd64", "source": "base-files"
    }  # fmt: skip
    path = {
        "path": "/usr/bin/openssl", "type": "f", "mode": "0644", "owner": "root:root", "size": 8,
        "digest": hashlib.sha256(b"openssl\n").hexdigest(), "origin": "base-files",
    }  # fmt: skip
    module = {"module": "core", "version": "14.0.0", "package_version": ""}
    assert found == {
        "format": 1,
        "asked": "/usr/bin/openssl",
        "kind": "path",
        "modules": [
            {**module, "flavor": "bookworm", "architecture": "amd64",
             "packages": [package], "path": path}
        ],
        "images": [
            {"image": "compute", "generation": "1", "deployed": True, **module,
             "packages": [package], "path": path}
        ],
        "unsearched": [],
        "leads_to": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    "asked, what", [("nginx", "package nginx"), ("/bin/no", "path /usr/bin/no")]
)
def test_what_is_nowhere_is_said_with_an_exit_status(
    qlumod: CommandLine, built: HeadNode, asked: str, what: str
) -> None:
    answer = qlumod("which", asked, "--root", built.root)
    assert (answer.status, answer.out, answer.err) == (
        3, f"no module and no image of this head node has the {what}\n", ""
    )  # fmt: skip


def test_a_generation_is_explained_after_its_modules_are_gone(
    qlumod: CommandLine, built: HeadNode
) -> None:
    lists = (built.places.built / "compute/1/modules").iterdir()
    assert sorted((path.name, path.stat().st_mode & 0o777) for path in lists) == [
        ("core.contents.gz", 0o644),
        ("core.packages.version.gz", 0o644),
        ("slurm.contents.gz", 0o644),
        ("slurm.packages.version.gz", 0o644),
    ]
    payload = built.payload("slurm")
    kept = built.places.built / "compute/1/modules/slurm.contents.gz"
    assert kept.samefile(payload / kept.name)
    shutil.rmtree(payload)
    built.look()
    assert qlumod.must("which", "munge", "--root", built.root).out.splitlines() == [
        "modules",
        "  none",
        "images",
        "  compute  generation 1 (deployed)  module slurm  14.0.0  munge  0.5.15-2",
    ]


def test_a_generation_without_lists_is_said_to_be_without(
    qlumod: CommandLine, built: HeadNode
) -> None:
    shutil.rmtree(built.places.built / "compute/1/modules")
    answer = qlumod.must("which", "munge", "--root", built.root)
    assert answer.out.splitlines()[2:] == ["images", "  none"]
    assert answer.err == (
        "caution: image compute: only the own layer of generation 1 is searched: an earlier "
        "version of qlumod built it, without lists of its packages\n"
    )


def test_a_damaged_generation_is_said_and_the_others_are_searched(
    qlumod: CommandLine, built: HeadNode
) -> None:
    build_listed(built)
    stack = built.places.built / "compute/1/stack"
    stack.write_text("no stack\n")
    answer = qlumod.must("which", "munge", "--root", built.root)
    assert answer.out.splitlines()[3:] == [
        "  compute  generation 2 (deployed)  module slurm  14.0.0  munge  0.5.15-2"
    ]
    assert answer.err.startswith(f"caution: {stack}:1: ")


def test_a_damaged_list_is_said_and_the_others_are_searched(
    qlumod: CommandLine, built: HeadNode
) -> None:
    path = built.payload("core") / "core.packages.version.gz"
    path.unlink()
    path.write_bytes(b"no gzip")
    answer = qlumod.must("which", "munge", "--root", built.root)
    assert len(answer.out.splitlines()) == 4
    assert answer.err == (
        f"caution: {path}: what gzip packed is damaged: Error -3 while decompressing data: "
        "incorrect header check\n"
    )


def test_a_hundred_modules_are_searched_in_a_second(qlumod: CommandLine, head: HeadNode) -> None:
    # A tenth are as large as core: so it is where 10 versions of 10 modules are installed.
    chance = random.Random(7)
    for number in range(100):
        text = "".join(
            f"f\t0644\troot:root\t{line}\t{chance.randbytes(32).hex()}\tpackage-{line % 300}"
            f"\t/usr/lib/x86_64-linux-gnu/directory-{line % 97}/file-{line}\n"
            for line in range(20_000 if number % 10 == 0 else 2_000)
        )
        packages = "".join(
            f"package-{package}\t{number}\tamd64\tsource\t{'a' * 64}\tdebian\n"
            for package in range(300)
        )
        head.add(
            f"module-{number}",
            files={
                f"module-{number}.contents.gz": gzip.compress(text.encode(), 6),
                f"module-{number}.packages.version.gz": gzip.compress(packages.encode()),
            },
        )
    head.look()
    for asked in ("package-7", "/usr/lib/x86_64-linux-gnu/directory-3/file-1070"):
        spent: list[float] = []
        for _ in range(3):
            # Of processors: the machine may be busy with other work.
            before = os.times()
            found = qlumod.must("which", asked, "--root", head.root).out.splitlines()
            after = os.times()
            spent.append(
                after.children_user
                + after.children_system
                - before.children_user
                - before.children_system
            )
            assert len(found) == 102 + 1
        assert min(spent) < 1, f"{asked} takes {min(spent):.2f} s"
