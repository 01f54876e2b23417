"""An image of core and slurm, built from the real modules, is what a node can boot and use."""

import gzip
import os
import subprocess
from pathlib import Path

import pytest

from qlumod.head.generations import read_stack
from qlumod.state.kind import canonical_path
from tests.integration.conftest import MODULES, MainJob
from tests.support.stack_root import Answers, ask

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="images are built and mounted by root"),
]

# The directory that systemd-tmpfiles makes at boot; a key that is thrown away with the mount.
MUNGE = """
set -e
install -d -o munge -g munge -m 0755 /run/munge
dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 status=none
chown munge:munge /etc/munge/munge.key
chmod 0400 /etc/munge/munge.key
setpriv --reuid munge --regid munge --clear-groups -- /usr/sbin/munged --origin=127.0.0.1
munge -n | unmunge | sed -n 's/^STATUS: *//p'
kill "$(cat /run/munge/munged.pid)"
"""
QUESTIONS = {
    "dpkg --audit": "dpkg --audit",
    "apt-get check": "apt-get -qq check",
    "pwck": "pwck -qr",
    "grpck": "grpck -qr",
    "dpkg --verify": "dpkg --verify",
    "slurmd": "slurmd -V",
    "initrd": "lsinitramfs /initrd.img",
    "modules": "ls /usr/lib/modules",
    "packages": "dpkg-query -W -f '${Package}\\t${Version}\\t${db:Status-Status}\\n'",
    "documents": "cd /usr/share/doc/qlustar-image && ls",
    "secrets": "cat /usr/lib/qlumod/secrets; ls /etc/munge/munge.key /etc/ssh/ssh_host_*",
    "munge": MUNGE,
    "owners": "stat -c '%U:%G %a' /etc/munge /var/lib/munge",
}


def build(main_job: MainJob, head: Path) -> Path:
    """Register the payloads as dpkg would bring them, define an image and build it."""
    for module in MODULES:
        target = head / f"usr/share/qlumod/modules/{module}/bookworm/amd64/14.0.0"
        target.parent.mkdir(parents=True)
        subprocess.run(["cp", "-a", main_job.payload(module), target], check=True)
    for words in (
        ("register",),
        ("image", "create", "compute", "--modules", "slurm"),
        ("image", "build", "compute"),
        ("image", "deploy", "compute"),
    ):
        answer = main_job.qlumod(*words, "--root", head)
        assert answer.status == 0, answer.err
    return head / "var/lib/qlumod/images/compute/deployed"


@pytest.fixture(scope="module")
def image(main_job: MainJob, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deployed generation of the image."""
    return build(main_job, tmp_path_factory.mktemp("image") / "head")


@pytest.fixture(scope="module")
def answers(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What programs say in the mounted stack."""
    return ask(
        [image / layer.file.path for layer in read_stack(image).layers],
        QUESTIONS,
        scratch=tmp_path_factory.mktemp("stack") / "scratch",
        files=[image / "initrd.img"],
    )


def left_out(main_job: MainJob) -> set[str]:
    """The paths of packages that are recorded as left out."""
    return {
        canonical_path(line.split("\t", 1)[1])
        for module in MODULES
        for line in gzip.decompress((main_job.payload(module) / "left-out.gz").read_bytes())
        .decode()
        .splitlines()
    }


@pytest.mark.parametrize("question", ["dpkg --audit", "apt-get check", "pwck", "grpck"])
def test_the_databases_of_the_stack_are_clean(answers: Answers, question: str) -> None:
    assert answers[question] == (0, "", "")


def test_dpkg_misses_exactly_the_paths_that_are_recorded_as_left_out(
    answers: Answers, main_job: MainJob
) -> None:
    # A line is "missing   c /path" or nine marks, perhaps "c" for a conffile, and the path.
    _, told, errors = answers["dpkg --verify"]
    assert errors == ""
    missing = {
        canonical_path(line[line.index("/") :])
        for line in told.splitlines()
        if line.startswith("missing ")
    }
    changed = [line for line in told.splitlines() if not line.startswith("missing ")]
    assert changed == []
    assert missing - left_out(main_job) == set()
    assert missing


def test_slurm_runs(answers: Answers) -> None:
    status, version, errors = answers["slurmd"]
    assert (status, errors) == (0, "")
    assert version.startswith("slurm-wlm 22.05")


def test_munge_passes_a_credential_with_a_throw_away_key(answers: Answers) -> None:
    assert answers["munge"] == (0, "Success (0)\n", "")


def test_every_package_of_both_modules_is_installed(answers: Answers, main_job: MainJob) -> None:
    status, told, _ = answers["packages"]
    rows = [line.split("\t") for line in told.splitlines()]
    assert status == 0
    assert {state for _, _, state in rows} == {"installed"}
    listed = {
        tuple(line.split("\t")[:2])
        for module in MODULES
        for line in gzip.decompress(
            (main_job.payload(module) / f"{module}.packages.version.gz").read_bytes()
        )
        .decode()
        .splitlines()
    }
    assert {(name, version) for name, version, _ in rows} == listed


def test_the_image_tells_what_it_is_made_of(answers: Answers) -> None:
    assert answers["documents"][1].split() == [
        "core.contents.gz",
        "core.packages.version.gz",
        "slurm.contents.gz",
        "slurm.packages.version.gz",
    ]


def test_no_secret_is_in_the_stack_but_all_are_listed(answers: Answers) -> None:
    _, told, errors = answers["secrets"]
    assert "/etc/munge/munge.key site\n" in told
    assert "/etc/ssh/ssh_host_*_key node\n" in told
    assert len(told.splitlines()) == 3
    assert errors.count("cannot access") == 2


def test_munges_directories_belong_to_munge(answers: Answers) -> None:
    assert answers["owners"][1] == "munge:munge 700\nmunge:munge 711\n"


def test_the_kernel_and_its_modules_are_the_stacks(answers: Answers, image: Path) -> None:
    assert answers["modules"][1].split() == [read_stack(image).kernel_release]
    assert (image / "vmlinuz").stat().st_size > 1 << 20


def test_the_initrd_can_boot_a_stack(answers: Answers) -> None:
    status, told, _ = answers["initrd"]
    names = told.splitlines()
    assert status == 0
    assert "scripts/qlumod" in names
    for module in ("overlay", "squashfs", "loop", "virtio_net", "igb", "mlx5_core"):
        assert any(f"/{module}.ko" in name for name in names), module
    for program in ("wget", "sha256sum", "losetup", "stat", "timeout", "ipcalc"):
        assert any(name.endswith(f"bin/{program}") for name in names), program


def test_the_last_layer_is_thin(image: Path) -> None:
    assert (image / "image.squashfs").stat().st_size < 3 << 20


def test_the_same_modules_give_the_same_stack_again(
    main_job: MainJob, image: Path, tmp_path: Path
) -> None:
    again = build(main_job, tmp_path / "head")
    assert (again / "stack").read_bytes() == (image / "stack").read_bytes()
