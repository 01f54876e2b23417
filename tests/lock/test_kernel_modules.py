"""Locking kernel modules: what becomes of dkms sources, what only compiles, and what moves."""

from pathlib import Path

import pytest

from qlumod.events import Notice
from qlumod.model.lock import LockedPackage, inputs_of
from qlumod.model.lock_file import lock_text, parse_lock
from qlumod.model.names import ModuleName
from qlumod.workflows.lock import Locked
from tests.lock.build_host import BuildHost, table, versions

GPU = ModuleName("gpu")
PLACE = "TOP/module-specs/gpu.module:"
NO_HEADERS = (
    "TOP/module-specs/gpu.module: gpu: there is no package linux-headers-6.1.0-1-amd64\n"
    "  close names: linux-image-6.1.0-1-amd64"
)
NO_SOURCES = (
    f"{PLACE}8: Kernel-Modules: there is no package gpu-kernel-dkmz\n  close names: gpu-kernel-dkms"
)
NO_LIBRARY = (
    f"{PLACE}9: Build-Packages: there is no package libgpu-dev\n  close names: libgpu, libc6-dev"
)
NO_TOOL = (
    "TOP/module-specs/gpu.module: gpu cannot be compiled\n"
    "   gcc : Depends: libc but it is not installable"
)
OTHERWISE = {"Build-Packages": "libgpu", "Build-Options": "gpu-kernel-dkms: OPEN=y"}
NO_KERNEL = (
    "TOP/module-specs/gpu.module: gpu has kernel modules, and not one kernel is below it\n"
    "To mend it: a module below asks for one linux-image-…"
)


def kernel_debs(
    host: BuildHost, abi: str = "6.1.0-1-amd64", version: str = "6.1.10-1"
) -> list[Path]:
    """A kernel and its headers, with the dependencies that Debian's have."""
    return [
        host.deb("linux-image-amd64", version, depends=f"linux-image-{abi} (= {version})"),
        host.deb(f"linux-image-{abi}", version),
        host.deb(
            f"linux-headers-{abi}",
            version,
            depends=f"linux-headers-common (= {version}), linux-compiler-gcc",
        ),
        host.deb("linux-headers-common", version),
        host.deb("linux-compiler-gcc", version, depends="gcc"),
    ]


def gpu_debs(host: BuildHost, version: str = "535-1") -> list[Path]:
    """Sources and userland as Debian has them for nvidia."""
    upstream = version.partition("-")[0]
    return [
        host.deb(
            "gpu-kernel-dkms",
            version,
            depends=f"gpu-firmware (= {upstream}) | gpu-firmware-{upstream}, gpu-support--v1, "
            "dkms (>= 3)",
            fields={
                "Source": "gpu-drivers",
                "Pre-Depends": "gpu-cleanup",
                "Provides": f"gpu-kernel-{upstream}, gpu-kernel-any (= {upstream})",
                "Conflicts": "old-gpu",
                "Breaks": "gpu-tool (<< 3)",
            },
        ),
        host.deb("gpu-firmware", upstream),
        host.deb("gpu-support", version, fields={"Provides": "gpu-support--v1"}),
        host.deb("gpu-cleanup", "1"),
        host.deb(
            "libgpu",
            version,
            depends=f"gpu-kernel-dkms (= {version}) | gpu-kernel-{upstream} | open-{upstream}",
        ),
    ]


@pytest.fixture
def gpu(host: BuildHost) -> BuildHost:
    host.spec("core", "linux-image-amd64", requires="")
    host.spec("gpu", "libgpu", "gpu-support", fields={"Kernel-Modules": "gpu-kernel-dkms"})
    host.offer(*kernel_debs(host), *gpu_debs(host), *tools(host))
    return host


def tools(host: BuildHost) -> list[Path]:
    return [
        host.deb("dkms", "3.0", depends="gcc, make"),
        host.deb("gcc", "12", depends="libc"),
        host.deb("libc", "2"),
        host.deb("libc6-dev", "2"),
        host.deb("make", "4"),
    ]


def of(locked: Locked, name: str) -> LockedPackage:
    return next(package for package in locked.lock.packages if package.package == name)


def test_the_sources_become_a_package_of_their_own_and_what_compiles_is_in_no_layer(
    gpu: BuildHost,
) -> None:
    locked = gpu.lock()
    assert table(locked) == {
        "apt": "1 · core · every root has apt",
        "base-files": "1 · core · essential",
        "dkms": "3.0 ·  · compiles kernel modules of gpu",
        "gcc": "12 ·  · dkms depends on it",
        "gpu-cleanup": "1 ·  · gpu-kernel-dkms depends on it",
        "gpu-firmware": "535 ·  · gpu-kernel-dkms depends on it",
        "gpu-kernel-6.1.0-1-amd64": "535-1+6.1.10-1 · gpu · kernel modules of gpu",
        "gpu-kernel-dkms": "535-1 ·  · kernel modules of gpu",
        "gpu-support": "535-1 · gpu · requested by gpu",
        "libc": "2 ·  · gcc depends on it",
        "libc6-dev": "2 ·  · compiles kernel modules of gpu",
        "libgpu": "535-1 · gpu · requested by gpu",
        "linux-compiler-gcc": "6.1.10-1 ·  · linux-headers-6.1.0-1-amd64 depends on it",
        "linux-headers-6.1.0-1-amd64": "6.1.10-1 ·  · compiles kernel modules of gpu",
        "linux-headers-common": "6.1.10-1 ·  · linux-headers-6.1.0-1-amd64 depends on it",
        "linux-image-6.1.0-1-amd64": "6.1.10-1 · core · linux-image-amd64 depends on it",
        "linux-image-amd64": "6.1.10-1 · core · requested by core",
        "make": "4 ·  · dkms depends on it",
    }


def test_the_generated_package_says_what_the_sources_package_says(gpu: BuildHost) -> None:
    text = lock_text(gpu.lock().lock)
    (stanza,) = (part for part in text.split("\n\n") if "Package: gpu-kernel-6.1.0" in part)
    lines = [line for line in stanza.splitlines() if not line.startswith("Inputs: ")]
    assert lines == [
        "Package: gpu-kernel-6.1.0-1-amd64",
        "Version: 535-1+6.1.10-1",
        "Architecture: amd64",
        "Source: gpu-drivers (535-1)",
        "Compiled-From: gpu-kernel-dkms (= 535-1)",
        "Kernel: 6.1.0-1-amd64",
        "Depends: linux-image-6.1.0-1-amd64, gpu-support--v1",
        "Build-Depends: gpu-cleanup, gpu-firmware (= 535) | gpu-firmware-535, dkms (>= 3)",
        "Provides: gpu-kernel-dkms (= 535-1), gpu-kernel-535, gpu-kernel-any (= 535)",
        "Conflicts: old-gpu, gpu-tool (<< 3)",
        "Modules: gpu",
        "Reason: kernel modules of gpu",
    ]
    assert parse_lock(text, "x.lock") == gpu.lock().lock


def test_what_nodes_lack_of_the_sources_dependencies_is_told(gpu: BuildHost) -> None:
    gpu.lock()
    assert (
        Notice(
            text="gpu: gpu-kernel-dkms is compiled for the kernel 6.1.0-1-amd64; of what it depends"
            " on, only the build has gpu-cleanup, gpu-firmware (= 535) | gpu-firmware-535"
        )
        in gpu.events
    )
    gpu.events.clear()
    gpu.lock()
    assert not [event for event in gpu.events if isinstance(event, Notice)]


def test_what_compiles_is_fetched_until_it_is_compiled(gpu: BuildHost) -> None:
    locked = gpu.lock()
    fetched = {package.package for package in gpu.fetch("gpu").packages}
    assert {"gcc", "gpu-kernel-dkms", "libgpu"} <= fetched
    assert not {"gpu-kernel-6.1.0-1-amd64", "apt"} & fetched
    assert [package.package for package in gpu.fetch().packages] == [
        "apt",
        "linux-image-6.1.0-1-amd64",
        "linux-image-amd64",
    ]
    assert all(gpu.store.has(p.sha256) for p in locked.lock.from_archives)


def test_the_inputs_are_what_the_build_may_rely_on_and_nothing_else(gpu: BuildHost) -> None:
    locked = gpu.lock()
    relied_on = {p.package for p in locked.lock.packages if GPU in p.builds}
    assert {"base-files", "gcc", "libc", "gpu-kernel-dkms", "linux-headers-common"} <= relied_on
    assert not {"apt", "libgpu", "linux-image-amd64", "gpu-kernel-6.1.0-1-amd64"} & relied_on
    assert {p.package for p in locked.lock.to_compile(GPU, [ModuleName("core")])} == {
        name for name, text in table(locked).items() if "·  ·" in text
    } | {"gpu-support"}


def test_another_compiler_is_another_input_and_a_new_tool_of_core_is_none(gpu: BuildHost) -> None:
    before = of(gpu.lock(), "gpu-kernel-6.1.0-1-amd64")
    gpu.spec("core", "linux-image-amd64", "hello", requires="")
    assert of(gpu.lock(), before.package) == before
    gpu.offer(*kernel_debs(gpu), *gpu_debs(gpu), *tools(gpu), gpu.deb("gcc", "13", depends="libc"))
    assert of(gpu.lock(), before.package) == before, "gcc stays until it is told to move"
    after = gpu.lock(update=["gcc"])
    assert of(after, before.package).sha256 != before.sha256
    assert str(after.difference.moved[1]) == f"{before.package} {before.version}: other inputs"
    assert of(after, before.package).sha256 == inputs_of(
        of(after, before.package), after.lock.packages
    )


def test_another_kernel_in_core_names_the_modules_that_are_compiled_anew(gpu: BuildHost) -> None:
    gpu.lock()
    gpu.offer(
        *kernel_debs(gpu),
        *kernel_debs(gpu, "6.1.0-2-amd64", "6.1.20-1"),
        *gpu_debs(gpu),
        *tools(gpu),
    )
    gpu.events.clear()
    assert versions(gpu.lock())["gpu-kernel-6.1.0-1-amd64"] == "535-1+6.1.10-1"
    moved = gpu.lock(update=["linux-image-amd64"])
    assert versions(moved)["gpu-kernel-6.1.0-2-amd64"] == "535-1+6.1.20-1"
    assert versions(moved)["linux-headers-6.1.0-2-amd64"] == "6.1.20-1"
    assert versions(moved)["linux-headers-common"] == "6.1.20-1"
    assert not any("6.1.0-1-amd64" in name for name in versions(moved))
    told = [event.text for event in gpu.events if isinstance(event, Notice)]
    assert [text.partition(";")[0] for text in told] == [
        "gpu: gpu-kernel-dkms is compiled for the kernel 6.1.0-2-amd64"
    ]


def test_the_headers_are_those_of_a_kernel_that_is_held_though_there_are_newer_ones(
    gpu: BuildHost,
) -> None:
    gpu.lock()
    newer = kernel_debs(gpu, "6.1.0-1-amd64", "6.1.11-1")
    gpu.offer(*kernel_debs(gpu), *newer, *gpu_debs(gpu), *tools(gpu))
    gpu.spec("gpu", "libgpu", fields={"Kernel-Modules": "gpu-kernel-dkms"})
    locked = versions(gpu.lock())
    assert locked["linux-image-6.1.0-1-amd64"] == "6.1.10-1"
    assert locked["linux-headers-6.1.0-1-amd64"] == "6.1.10-1"
    assert locked["linux-headers-common"] == "6.1.10-1"


def test_sources_and_userland_move_together(gpu: BuildHost) -> None:
    gpu.lock()
    gpu.offer(*kernel_debs(gpu), *gpu_debs(gpu), *gpu_debs(gpu, "550-1"), *tools(gpu))
    assert versions(gpu.lock())["gpu-kernel-6.1.0-1-amd64"] == "535-1+6.1.10-1"
    moved = versions(gpu.lock(update=["gpu"]))
    assert (moved["libgpu"], moved["gpu-kernel-6.1.0-1-amd64"]) == ("550-1", "550-1+6.1.10-1")


def test_sources_move_along_with_userland_that_needs_them(gpu: BuildHost) -> None:
    gpu.lock()
    gpu.offer(*kernel_debs(gpu), *gpu_debs(gpu), *gpu_debs(gpu, "550-1"), *tools(gpu))
    moved = versions(gpu.lock(update=["libgpu"]))
    assert (moved["libgpu"], moved["gpu-support"]) == ("550-1", "535-1")
    assert (moved["gpu-kernel-dkms"], moved["gpu-firmware"]) == ("550-1", "550")
    assert moved["gpu-kernel-6.1.0-1-amd64"] == "550-1+6.1.10-1"


def test_the_sources_never_come_into_the_layer(gpu: BuildHost) -> None:
    gpu.spec("gpu", "libgpu", "tool", fields={"Kernel-Modules": "gpu-kernel-dkms (<< 550)"})
    gpu.offer(
        *kernel_debs(gpu),
        *gpu_debs(gpu),
        *(deb for deb in gpu_debs(gpu, "550-1") if "firmware" not in deb.name),
        *tools(gpu),
        gpu.deb("tool", depends="gpu-kernel-dkms (>= 550)"),
    )
    assert gpu.refusal() == (
        "TOP/module-specs/gpu.module: gpu cannot be installed\n"
        "   libgpu : Depends: gpu-kernel-dkms (= 550-1) or\n"
        "                     gpu-kernel-550 or\n"
        "                     open-550 but it is not installable\n"
        "   tool : Depends: gpu-kernel-dkms (>= 550)\n"
        "  there is gpu-kernel-dkms in 550-1, 535-1\n"
        "  gpu-kernel-dkms is compiled, and not installed"
    )


def test_kernel_and_kernel_modules_may_come_into_a_lock_together(host: BuildHost) -> None:
    host.spec("gpu", "hello")
    host.offer()
    host.lock()
    host.offer(*kernel_debs(host), *gpu_debs(host), *tools(host))
    host.spec("core", "linux-image-amd64", requires="")
    host.spec("gpu", "libgpu", fields={"Kernel-Modules": "gpu-kernel-dkms"})
    assert "gpu-kernel-6.1.0-1-amd64" in versions(host.lock())


@pytest.mark.parametrize(
    ("fields", "missing", "error"),
    [
        ({"Kernel-Modules": "gpu-kernel-dkms"}, "linux-headers-6.1.0-1-amd64", NO_HEADERS),
        ({"Kernel-Modules": "gpu-kernel-dkmz"}, "", NO_SOURCES),
        ({"Kernel-Modules": "gpu-kernel-dkms", "Build-Packages": "libgpu-dev"}, "", NO_LIBRARY),
        ({"Kernel-Modules": "gpu-kernel-dkms"}, "libc", NO_TOOL),
        ({"Kernel-Modules": "gpu-kernel-dkms"}, "linux-image-amd64", NO_KERNEL),
    ],
)
def test_what_cannot_be_compiled_is_refused(
    gpu: BuildHost, fields: dict[str, str], missing: str, error: str
) -> None:
    debs = (*kernel_debs(gpu), *gpu_debs(gpu), *tools(gpu))
    gpu.offer(*(deb for deb in debs if not missing or not deb.name.startswith(f"{missing}_")))
    if missing == "linux-image-amd64":
        gpu.spec("core", "hello", requires="")
    gpu.spec("gpu", "gpu-support", fields=fields)
    assert gpu.refusal() == error


def test_a_module_may_stand_upon_one_with_kernel_modules(gpu: BuildHost) -> None:
    gpu.spec("over", "gpu-app", requires="gpu")
    app = gpu.deb("gpu-app", depends="gpu-kernel-535, libgpu")
    gpu.offer(*kernel_debs(gpu), *gpu_debs(gpu), *tools(gpu), app)
    locked = gpu.lock()
    assert table(locked)["gpu-app"] == "1 · over · requested by over"
    assert not gpu.lock().changed


def test_modules_that_cannot_be_in_one_image_for_what_is_compiled_are_told(gpu: BuildHost) -> None:
    gpu.spec("other", "old-gpu")
    old = gpu.deb("old-gpu")
    gpu.offer(*kernel_debs(gpu), *gpu_debs(gpu), *tools(gpu), old)
    assert gpu.refusal() == (
        "TOP/module-specs/gpu.module: gpu and other cannot be in one image\n"
        "  gpu-kernel-6.1.0-1-amd64 535-1+6.1.10-1 conflicts with old-gpu 1\n"
        "To mend it: let apt choose otherwise with the field Prefer,"
        " or write 'Conflicts: other' if that is how it is"
    )


def test_two_modules_that_compile_the_same_sources_are_refused(gpu: BuildHost) -> None:
    gpu.spec("other", "gpu-support", fields={"Kernel-Modules": "gpu-kernel-dkms"})
    assert gpu.refusal() == (
        "TOP/module-specs/other.module: other compiles gpu-kernel-dkms, and so does gpu\n"
        "To mend it: let other require gpu, or a third module compile it for both"
    )
    gpu.spec("other", "gpu-support", requires="gpu", fields={"Kernel-Modules": "gpu-kernel-dkms"})
    assert of(gpu.lock(), "gpu-kernel-6.1.0-1-amd64").modules == ("gpu",)


def test_modules_that_exclude_each_other_share_what_they_compile_alike(gpu: BuildHost) -> None:
    fields = {"Kernel-Modules": "gpu-kernel-dkms", "Conflicts": "gpu"}
    gpu.spec("other", "gpu-support", fields=fields)
    made = of(gpu.lock(), "gpu-kernel-6.1.0-1-amd64")
    assert made.modules == ("gpu", "other")
    for module in made.modules:
        alone = gpu.lock().lock.restricted_to([ModuleName("core"), ModuleName(module)])
        (own,) = alone.generated(ModuleName(module))
        assert own.sha256 == inputs_of(own, alone.packages)
    for field, value in OTHERWISE.items():
        gpu.spec("other", "gpu-support", fields={**fields, field: value})
        assert gpu.refusal() == (
            "TOP/module-specs/other.module: other compiles gpu-kernel-dkms otherwise than gpu: with"
            " other packages or options, or for others\n"
            "To mend it: let a third module compile it, and both require that"
        )


def test_what_it_is_compiled_with_stands_in_the_lock(gpu: BuildHost) -> None:
    before = gpu.lock().lock
    fields = {
        "Kernel-Modules": "gpu-kernel-dkms",
        "Build-Options": "\n gpu-kernel-dkms <bookworm>: OPEN=y"
        "\n gpu-kernel-dkms: --directive=A=b c",
    }
    gpu.spec("gpu", "libgpu", "gpu-support", fields=fields)
    locked = gpu.lock()
    text = lock_text(locked.lock)
    assert "Build-Options:\n OPEN=y\n --directive=A=b c\nModules: gpu\n" in text
    assert parse_lock(text, "x.lock") == locked.lock
    (old,) = before.generated(GPU)
    (new,) = locked.lock.generated(GPU)
    assert old.sha256 != new.sha256 == inputs_of(new, locked.lock.packages)
