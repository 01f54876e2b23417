"""A home of GnuPG whose agent runs all the while, so that no publication has to start one."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def signing_home() -> Iterator[Path]:
    """An empty home, gone with the block."""
    # Not below pytest's directory: a socket's path has at most 108 bytes.
    home = Path(tempfile.mkdtemp(prefix="qlumod-test-"))
    subprocess.run(["gpgconf", "--homedir", home, "--launch", "gpg-agent"], check=True)
    try:
        yield home
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        # The agent removes its sockets meanwhile.
        subprocess.run(["rm", "-rf", home], check=True)


def weak_key(home: Path, name: str, *parameters: str, options: tuple[str, ...] = ()) -> str:
    """Make a key as gpg's unattended generation describes it; the value is its fingerprint.

    An agent runs for the home. `parameters` are lines such as ``Key-Type: RSA``.
    """
    text = "\n".join(
        ("%no-protection", *parameters, "Key-Usage: sign", f"Name-Real: {name}", "Expire-Date: 0")
    )
    gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--no-autostart", *options]
    made = subprocess.run(
        [*gpg, "--status-fd", "1", "--gen-key"],
        input=f"{text}\n%commit\n",
        capture_output=True,
        text=True,
        check=True,
    )
    (found,) = (line for line in made.stdout.splitlines() if " KEY_CREATED " in line)
    return found.split()[3]
