"""Kernel modules that really compile: sources as dh_dkms makes them, against Debian's headers."""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Event, Listener, Output, Proposal, ignore
from qlumod.layer.cache import payload_path
from qlumod.layer.payload_build import build_again, ensure_generated, plan_jobs
from qlumod.model.manifest import parse_manifest
from qlumod.model.names import ModuleName
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.proof.inside import assembled
from qlumod.secrets.ceilings import budget_for
from qlumod.secrets.part import Part
from qlumod.secrets.unpack import members_within
from qlumod.stack.order import stacked
from qlumod.stack.payload import Payload
from qlumod.system.enclosure.enclosure import enclosed
from qlumod.system.processes.command import command
from qlumod.system.processes.namespace import call_inside
from qlumod.system.processes.run import capture
from qlumod.workflows.package import BuildDirectory, SourcePackage, install_module
from qlumod.workflows.proof import verify_stack
from qlumod.workflows.source import source
from qlumod.workflows.workplace import workshop_in
from tests.layer.kernels import CORDIC
from tests.layer.small_release import SmallRelease
from tests.support.contents import packages_in, paths_in

pytestmark = [pytest.mark.slow]

GREETING = ModuleName("greeting")


@pytest.fixture(scope="module")
def greeting(kernels: SmallRelease) -> Path:
    """The payload of the module whose kernel modules are compiled, with nothing there of them."""
    identity = kernels.job("greeting").identity
    shutil.rmtree(payload_path(kernels.cache, identity), ignore_errors=True)
    for package in kernels.lock.generated(GREETING):
        kernels.store.forget_generated(package.sha256)
    return kernels.build("greeting")


def tell_stack(*, listen: Listener, payloads: Sequence[str], space: str) -> dict[str, str]:
    """Inside: what kmod says of the modules of an assembled stack."""
    members = stacked(Payload(directory=Path(payload)) for payload in payloads)
    with assembled(members, Path(space), packaging=DEBIAN, epoch=0, listen=listen) as stack:
        root = stack.root
        (kernel,) = root.names("/usr/lib/modules")
        with enclosed(root) as place:

            def said(*words: str) -> str:
                return place.capture(*words).decode()

            return {
                "kernel": kernel,
                "vermagic": said("modinfo", "-k", kernel, "-F", "vermagic", "greet"),
                "signer": said("modinfo", "-k", kernel, "-F", "signer", "greet"),
                "needs": said("modprobe", "-S", kernel, "--show-depends", "reply-current-twice"),
                "greeting": said("modinfo", "-k", kernel, "-F", "greeting", "greet"),
                "replying": said("modinfo", "-k", kernel, "-F", "greeting", "reply-current"),
                "alias": said("modprobe", "-S", kernel, "--resolve-alias", "greet-greeting"),
                "audit": said("dpkg", "--audit"),
            }


def test_a_layer_holds_what_was_compiled_and_nothing_that_compiles(
    kernels: SmallRelease, greeting: Path
) -> None:
    (greet, reply) = kernels.lock.generated(GREETING)
    assert [line[0] for line in packages_in(greeting)] == [
        greet.package,
        "greet-support",
        "greet-tools",
        reply.package,
    ]
    assert packages_in(greeting)[0] == [
        greet.package,
        greet.version,
        "amd64",
        "greet (1.0-1)",
        greet.sha256,
        "generated",
    ]
    found = paths_in(greeting)
    release = greet.package.removeprefix("greet-kernel-")
    place = f"/usr/lib/modules/{release}/updates/dkms"
    assert found[f"{place}/greet.ko"] == greet.package
    # Both lie under other names than their own, and the second needs the first.
    for name in ("reply-current.ko", "reply-current-twice.ko"):
        assert found[f"{place}/{name}"] == reply.package
    assert found["/etc/greet/greet.conf"] == found["/usr/sbin/greet"] == greet.package
    tools = ("/usr/src", "/usr/bin", "/etc/dkms", "/var/lib/dkms")
    assert not [path for path in found if path.startswith(tools)]
    status = (greeting / "state/dpkg-status").read_text()
    assert "Package: gcc" not in status
    assert "Package: greet-dkms" not in status
    assert "Provides: greet-dkms (= 1.0-1), greet-module-1.0\n" in status


def test_the_modules_are_for_cores_kernel_and_the_stack_knows_them(
    greeting: Path, kernels: SmallRelease, tmp_path: Path
) -> None:
    core = kernels.build("core")
    assert manifest_kernel(core) == manifest_kernel(greeting) != os.uname().release
    said = call_inside(
        "tests.layer.test_kernel_modules:tell_stack",
        {"payloads": [str(core), str(greeting)], "space": str(tmp_path)},
        listen=ignore,
    )
    assert said["kernel"] == manifest_kernel(core)
    assert said["vermagic"].startswith(f"{said['kernel']} SMP ")
    assert said["signer"] == "", "nothing is signed: it would take a key"
    assert said["alias"] == "greet\n"
    assert (said["greeting"], said["replying"]) == ("good day\n", "and to you\n")
    needs = [line.rpartition("/")[2].strip() for line in said["needs"].splitlines()]
    assert needs == ["reply-current.ko", "reply-current-twice.ko"]
    assert said["audit"] == ""


def manifest_kernel(payload: Path) -> str:
    return parse_manifest((payload / "manifest").read_text(), "manifest").kernel


def test_the_package_is_like_one_of_debians(
    kernels: SmallRelease, greeting: Path, tmp_path: Path
) -> None:
    (greet, _) = kernels.lock.generated(GREETING)
    made = kernels.store.generated(greet.sha256)
    assert made
    deb = kernels.store.path(made.sha256)
    said = capture(command("dpkg-deb", "--info", deb)).decode()
    assert " Depends: linux-image-" in said
    assert capture(command("dpkg-deb", "--info", deb, "conffiles")) == b"/etc/greet/greet.conf\n"
    kernel = manifest_kernel(greeting)
    script = capture(command("dpkg-deb", "--info", deb, "postinst")).decode()
    assert f"depmod -a {kernel}\n" in script
    capture(command("dpkg-deb", "--extract", deb, tmp_path))
    module = (tmp_path / f"lib/modules/{kernel}/updates/dkms/greet.ko").read_bytes()
    assert b".debug_info" not in module
    documents = tmp_path / "usr/share/doc" / greet.package
    assert (documents / "copyright").read_text() == "free\n"
    assert (documents / "NOTICE").read_text() == "a notice\n"
    assert {path.lstat().st_mtime for path in tmp_path.rglob("*.ko")} == {1_700_000_000}


def test_compiling_again_gives_the_same_bytes(kernels: SmallRelease, greeting: Path) -> None:
    said: list[object] = []
    job = kernels.job("greeting")
    assert build_again(job, kernels.place.workshop, listen=said.append) == ()
    assert "compiling greet-dkms for" in " ".join(str(event) for event in said)


def test_a_source_package_that_brings_its_packages_makes_the_same_layer(
    kernels: SmallRelease, greeting: Path, tmp_path: Path
) -> None:
    """Without network and without a store; nothing compiled beforehand comes with it."""
    *_, changes = source(
        kernels.place, ["greeting"], output=tmp_path / "source",
        with_packages=True, listen=ignore,
    )[0].files  # fmt: skip
    capture(
        command("dpkg-source", "--no-check", "-x", *changes.parent.glob("*.dsc"), tmp_path / "tree")
    )
    (brought,) = (tmp_path / "tree").glob("packages-*")
    names = {path.name.partition("_")[0] for path in brought.iterdir()}
    assert {"greet-dkms", "dkms", "make", "greet-tools"} <= names
    assert (
        not {"base-files", "udev", *(p.package for p in kernels.job("greeting").generated)} & names
    )
    core = kernels.job("core").identity
    shutil.copytree(payload_path(kernels.cache, core), payload_path(tmp_path / "cache", core))
    done = install_module(
        SourcePackage(inputs=tmp_path / "tree/debian/qlumod", brought=[brought]),
        GREETING,
        workshop_in(tmp_path / "cache"),
        into=BuildDirectory(package="greeting", directory=tmp_path / "root"),
        listen=ignore,
    )
    assert tree(done.payload.directory) == tree(greeting)


def tree(payload: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in payload.rglob("*") if path.is_file()}


def test_what_the_store_has_is_not_compiled_again(kernels: SmallRelease, greeting: Path) -> None:
    said: list[object] = []
    jobs = plan_jobs(kernels.project, kernels.lock, [GREETING])
    ensure_generated(jobs, kernels.place.workshop, listen=said.append)
    assert said == []


def test_sources_that_do_not_compile_end_the_build_with_what_the_compiler_said(
    kernels: SmallRelease,
) -> None:
    heard: list[object] = []
    with pytest.raises(QlumodError) as caught:
        kernels.build("broken", heard.append)
    brief, *lines = str(caught.value).splitlines()
    kernel = manifest_kernel(kernels.build("core"))
    assert brief == f"broken: cannot compile broken-dkms for {kernel}: dkms failed: exit status 10"
    compiler, configure = lines.index("  make.log:"), lines.index("  config.log:")
    assert lines[compiler - 1] == (
        "  Consult /var/lib/dkms/broken/1.0/build/make.log for more information."
    )
    assert lines[compiler + 1] == f"  DKMS make.log for broken-1.0 for kernel {kernel} (x86_64)"
    said = "  /var/lib/dkms/broken/1.0/build/broken.c:1:1: error: unknown type name 'this'"
    assert said in lines[compiler:configure]
    first, second, *others, result, remedy = lines[configure + 1 :]
    assert re.fullmatch("  configure: gcc-[0-9]+ conftest.c", first)
    assert second == first.replace("conftest", "-c conftest")
    assert "fatal error: nothing.h: No such file or directory" in others[0]
    assert result == "  configure: result: no"
    assert remedy == (
        "To mend it: the log of the build has all lines of these logs; packages that the sources "
        "need beside the kernel's headers belong into Build-Packages, variables and options of "
        "dkms into Build-Options"
    )
    kept = {(one.program, one.line) for one in heard if isinstance(one, Output)}
    assert ("broken: make.log", said.strip()) in kept
    assert ("broken: config.log", "configure: exit 0") in kept


def test_sources_that_dkms_does_not_take_are_told_with_their_directory(
    kernels: SmallRelease,
) -> None:
    with pytest.raises(QlumodError) as caught:
        kernels.build("unnamed")
    kernel = manifest_kernel(kernels.build("core"))
    assert str(caught.value) == (
        f"unnamed: cannot compile unnamed-dkms for {kernel}: dkms takes no sources from "
        "/usr/src/unnamed-1.0: exit status 8\n"
        "  dkms.conf: Error! No 'PACKAGE_VERSION' directive specified.\n"
        "  Error! Bad conf file.\n"
        "  File:  does not represent a valid dkms.conf file.\n"
        "To mend it: see /usr/src/unnamed-1.0/dkms.conf, and what Build-Options add to it"
    )


def test_modules_for_another_kernel_end_the_build(kernels: SmallRelease) -> None:
    with pytest.raises(QlumodError) as caught:
        kernels.build("other")
    kernel = manifest_kernel(kernels.build("core"))
    assert str(caught.value) == (
        "other: /usr/lib/modules/5.10.0-1-amd64/updates/a.ko.xz is for the kernel 5.10.0-1-amd64, "
        f"core brings {kernel}\n"
        "To mend it: take packages that are made for this kernel; kernel modules of dkms sources "
        "are compiled for it when these stand under Kernel-Modules"
    )


def test_what_a_kernel_module_needs_and_core_left_out_is_told_and_comes_back(
    kernels: SmallRelease,
) -> None:
    heard: list[Event] = []
    with pytest.raises(QlumodError) as caught:
        kernels.build("turning", heard.append)
    proposals = (one for one in heard if isinstance(one, Proposal))
    proposed = [tuple(pair) for one in proposals for pair in one.values]
    assert proposed == [("Restore", f"linux-image-*: {CORDIC}")]
    assert str(caught.value) == (
        "turning: kernel modules need others that are left out\n"
        "  updates/dkms/turning.ko needs cordic\n"
        f"To mend it: add 'linux-image-*: {CORDIC}' to the field Restore, so that what they need "
        "comes back; or leave these out, too (Exclude)"
    )
    kernel = manifest_kernel(kernels.build("core"))
    contents = paths_in(kernels.build("turned")).keys()
    made = f"/usr/lib/modules/{kernel}/updates/dkms/turned.ko"
    assert {made, CORDIC.replace("*", kernel)} <= contents


def test_a_module_has_no_kernel_beside_that_of_core(kernels: SmallRelease) -> None:
    with pytest.raises(QlumodError) as caught:
        kernels.build("second")
    kernel = manifest_kernel(kernels.build("core"))
    assert str(caught.value) == (
        "second: it brings the kernel 5.10.0-1-amd64, and the modules below are for "
        f"{kernel}; a node boots only one\n"
        "To mend it: name the linux-image package in Packages of core, in place of core's"
    )


def names_in(part: Part) -> set[str]:
    """The paths of the members of an archive and of what lies in it."""
    inner = tuple(members_within(part, budget_for(len(part.data))))
    return {one.name for one in inner}.union(*map(names_in, inner))


def test_a_secret_is_gone_before_the_initrd_is_made(kernels: SmallRelease) -> None:
    names = names_in(Part(path="/", data=(kernels.build("core") / "boot/initrd.img").read_bytes()))
    assert "/etc/keeping/name" in names
    assert "/etc/keeping/key" not in names


def test_the_initrd_of_an_installation_has_no_secret_either(kernels: SmallRelease) -> None:
    """As /etc/hostid of zfs, which no two installations have alike."""
    verdict = verify_stack(kernels.place, ["core"], listen=ignore)
    assert [str(one) for one in verdict.failures] == []
