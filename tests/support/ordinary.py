"""An ordinary user of this machine, who is there for one test and in one mount namespace only."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT, Answer

NAME, ID, SUBIDS = "ordinary", 4711, 1000000
PYTHON = "/usr/bin/python3"
"""The system's Python has all that a build needs; a virtual environment may lie in root's home."""
_TABLES = ("passwd", "group", "subuid", "subgid")


@dataclass(frozen=True)
class User:
    """Somebody with a home; the tables of /etc that tell so are seen by this user's programs."""

    home: Path
    setup: str = ""
    """Lines for a shell that root runs in this user's mount namespace, before the user is there."""

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def tree(self) -> Path:
        """Where this user sees qlumod's source tree."""
        return self.home / "tree"

    @property
    def as_root_inside(self) -> tuple[str, ...]:
        """The words before a program that make this user root of a user namespace."""
        ids = f"0 {ID} 1 1 {SUBIDS} 65535"
        return (PYTHON, "-I", f"{self.tree}/qlumod/system/processes/map_ids.py", ids, ids)

    def gives(self, table: str, text: str) -> None:
        """Write the user's own copy of a table of /etc."""
        (self.home / "etc" / table).write_text(text)

    def words(self, *words: str | Path, **environment: str) -> list[str]:
        """A command line of root that runs one of this user."""
        mounts = [f"mount --bind {self.home}/etc/{table} /etc/{table}" for table in _TABLES]
        mounts.append(f"mount --bind {ROOT} {self.tree}")
        script = "\n".join(["set -e", *mounts, self.setup, 'exec "$@"'])
        variables = {
            "HOME": str(self.home),
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "PYTHONPATH": str(self.tree),
            "PYTHONDONTWRITEBYTECODE": "1",
            "QLUMOD_CACHE": str(self.cache),
            **environment,
        }
        return [
            "setpriv", "--pdeathsig", "KILL", "--",
            "unshare", "--mount", "--propagation", "private", "--", "sh", "-c", script, "sh",
            "setpriv", "--reuid", str(ID), "--regid", str(ID), "--clear-groups", "--",
            "setpriv", "--pdeathsig", "KILL", "--",
            "env", "-i", *(f"{name}={value}" for name, value in variables.items()),
            *map(str, words),
        ]  # fmt: skip

    def run(self, *words: str | Path, **environment: str) -> Answer:
        """Run a program as this user, in the home."""
        done = subprocess.run(
            self.words(*words, **environment),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def qlumod(self, *words: str | Path, inside: bool = False, **environment: str) -> Answer:
        """Type a command line as this user, or as root of this user's namespace."""
        before = self.as_root_inside if inside else ()
        return self.run(*before, PYTHON, "-m", "qlumod", *words, **environment)


@contextmanager
def ordinary_user() -> Iterator[User]:
    """A user with a home that is nobody else's, and empty but for what this needs."""
    # Not in pytest's own directory, which is root's alone.
    home = Path(tempfile.mkdtemp(prefix="qlumod-ordinary-"))
    try:
        user = User(home)
        (home / "etc").mkdir()
        user.tree.mkdir()
        account = f"{NAME}:x:{ID}:{ID}::{home}:/bin/sh\n"
        user.gives("passwd", Path("/etc/passwd").read_text() + account)
        user.gives("group", Path("/etc/group").read_text() + f"{NAME}:x:{ID}:\n")
        for table in ("subuid", "subgid"):
            user.gives(table, f"{NAME}:{SUBIDS}:65536\n")
            Path("/etc", table).touch()
        os.chown(home, ID, ID)
        yield user
    finally:
        shutil.rmtree(home)
