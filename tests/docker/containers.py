"""Programs in the containers that pytest-docker has started."""

import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Container:
    """One container of the compose file."""

    host: str
    identity: str
    address: str

    def __call__(self, script: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a shell script in there, whatever comes of it."""
        return subprocess.run(
            self._words(script),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def must(self, script: str, stdin: str = "") -> str:
        """Run a script that must succeed; returns what it printed."""
        done = self(f"set -e\n{script}", stdin)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def start(self, script: str) -> "subprocess.Popen[str]":
        """Begin a script whose lines are read while it runs."""
        return subprocess.Popen(
            self._words(script), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )

    def _words(self, script: str) -> list[str]:
        return [
            "docker", "--host", self.host, "exec", "--interactive",
            "--env", "LC_ALL=C.UTF-8", "--env", "DEBIAN_FRONTEND=noninteractive",
            self.identity, "/bin/bash", "-c", f"exec 2>&1\n{script}",
        ]  # fmt: skip
