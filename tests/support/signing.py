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
