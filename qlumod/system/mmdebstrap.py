"""Making a root from a frozen archive with mmdebstrap."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from qlumod.events import Listener
from qlumod.system.mount import bind
from qlumod.system.run import command, run

IS_MERGED = "usr-is-merged="
MERGED = "/usr/share/mmdebstrap/hooks/merged-usr"
"""mmdebstrap's own hooks, which merge /usr before the first package is unpacked."""


@contextmanager
def without_host(scratch: Path, *, host_name: str) -> Iterator[None]:
    """Hide what mmdebstrap would copy of the build host: its resolver and its name."""
    with ExitStack() as mounts:
        for path, text in (("/etc/resolv.conf", ""), ("/etc/hostname", f"{host_name}\n")):
            if Path(path).exists():
                stand_in = scratch / Path(path).name
                stand_in.write_text(text, encoding="utf-8")
                stand_in.chmod(0o644)
                mounts.enter_context(bind(stand_in, Path(path)))
        yield


def install(
    root: Path,
    *,
    source: str,
    suite: str,
    packages: Sequence[str],
    architecture: str,
    epoch: int,
    dpkg_options: Path | None = None,
    essential_hooks: Sequence[str] = (),
    environment: dict[str, str] | None = None,
    upon: bool = False,
    listen: Listener,
) -> None:
    """Install exactly these packages (``name=version``) into a new root directory.

    `source` is a line of sources.list(5). `essential_hooks` are commands that mmdebstrap runs after
    the essential packages are installed and before the rest, with the root as ``"$1"``. `upon`: the
    root has been made by mmdebstrap already, and more is installed into it.
    """
    hooks = [f"--essential-hook={hook}" for hook in essential_hooks]
    if any(package.startswith(IS_MERGED) for package in packages) and not root.exists():
        # That package wants to find /usr merged; usrmerge would merge it (and needs Perl for that).
        hooks.append(f"--hook-dir={MERGED}")
    options = [f"--dpkgopt={dpkg_options}"] if dpkg_options else []
    options += ["--skip=check/empty"] if upon else []
    run(
        command(
            "mmdebstrap",
            "--mode=root",
            "--variant=apt",
            # Maintainer scripts have no business with the build host's hardware.
            "--skip=chroot/mount/sys",
            "--format=directory",
            f"--architectures={architecture}",
            '--aptopt=Apt::Install-Recommends "false"',
            # The archive's date is the epoch, and it is signed for this build only.
            '--aptopt=Acquire::Check-Valid-Until "false"',
            # The store's files are not for every user to read.
            '--aptopt=APT::Sandbox::User "root"',
            *options,
            *hooks,
            f"--include={','.join(packages)}",
            suite,
            root,
            source,
            environment={
                "SOURCE_DATE_EPOCH": str(epoch),
                # What it keeps outside the root goes when the directory around the root goes.
                "TMPDIR": str(root.parent),
                **(environment or {}),
            },
        ),
        listen=listen,
    )
