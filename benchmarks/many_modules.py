"""Locking one module more among fifty small ones, and again after it has changed.

The modules are made of Debian packages of the archives that this host's apt knows. A lock that
exists keeps what has not changed: the time of one module must not grow with the number of the
others. ``MODULES`` chooses their number.
"""

import os
import sys
import tempfile
from pathlib import Path

from measured import Spent, clocked, quietly

MODULES = int(os.environ.get("MODULES", "50"))
MOST = 5.0
"""Seconds that one module may take."""
RELEASE = """\
Format: 1
Version: 1.0.0
Prefix: bench
Origin: Bench
Label: Bench
Maintainer: A Person <person@example.org>
Flavors: bookworm
Default-Flavor: bookworm
Architectures: amd64

Archive: debian
Flavors: bookworm
Origin: Debian
Label: Debian
Suites: bookworm bookworm-updates
Components: main
Key: /usr/share/keyrings/debian-archive-keyring.gpg
"""
PACKAGES = """\
aria2 bat bc cmatrix cowsay curl dc ethtool figlet fortune-mod fzf gdb gdisk hello htop iftop iotop
jq less lolcat lsof ltrace lz4 moreutils mtr-tiny nano ncdu netcat-openbsd nmap p7zip parted pbzip2
pigz pv ripgrep rsync screen sl socat strace sysstat tcpdump tmux tree unzip vim-tiny wget whois zip
zstd
"""


def write_spec(specs: Path, module: str, packages: str, requires: str = "Requires: core\n") -> None:
    """Write the spec of a small module."""
    (specs / f"{module}.module").write_text(
        f"Format: 1\nModule: {module}\nTitle: {module}\nStack-Group: Bench\n{requires}"
        f"Packages: {packages}\nDescription: {module}\n"
    )


def locked(top: Path) -> Spent:
    """Renew the lock, and say what it took."""
    words = ["--specs", top / "specs", "--cache", top / "cache", "--quiet"]
    call = [sys.executable, "-m", "qlumod", "lock", *words]
    return clocked(lambda: quietly([*map(str, call)], top))


def main() -> None:
    """Lock them all, then with one more, then with that one changed."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_PLACE")) as place:
        top = Path(place)
        specs = top / "specs"
        specs.mkdir()
        (specs / "release").write_text(RELEASE)
        (specs / "accounts").write_text("Format: 1\n")
        write_spec(specs, "core", "systemd, openssh-server, linux-image-amd64", "")
        for package in PACKAGES.split()[: MODULES - 1]:
            write_spec(specs, f"m-{package}", package)
        print(f"{MODULES} modules, the first lock: {locked(top)}", flush=True)
        for what, packages in (("added", "cpio, mailutils"), ("changed", "cpio, sqlite3")):
            write_spec(specs, "zz", packages)
            spent = locked(top)
            print(f"one module {what}: {spent} (at most {MOST:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
