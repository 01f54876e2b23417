"""Where a sweep works: its directories, and the command line of qlumod in them."""

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from upkeep.sweep.batching import Owned
from upkeep.sweep.outcomes import Answer, answer

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 1200
"""The seconds that one command may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlace:
    """The directory of a sweep of one flavor; `specs` are the specs that have core."""

    directory: Path
    flavor: str
    cache: Path
    specs: Path = ROOT / "module-specs"
    own_packages: Path = ROOT / "dist"
    profile: str = "dev"
    """The profile of the release; this one compresses fastest."""

    @property
    def outcomes(self) -> Path:
        """The directory of finished outcomes."""
        return self.directory / "outcomes"

    @property
    def built(self) -> Path:
        """The directory of modules that are built, and whose proof is still to come."""
        return self.directory / "built"

    def make_specs(
        self, name: str, accounts: str, modules: Mapping[str, str] | None = None
    ) -> Path:
        """A fresh directory of specs: the release, core, an account table, and some modules."""
        made = self.directory / name
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        beside = self.directory / "dist"
        if not beside.is_symlink():
            beside.symlink_to(self.own_packages)
        for file in ("release", "core.module"):
            shutil.copy(self.specs / file, made / file)
        (made / "accounts").write_text(accounts, encoding="utf-8")
        for module, text in (modules or {}).items():
            (made / f"{module}.module").write_text(text, encoding="utf-8")
        return made

    @property
    def accounts(self) -> str:
        """The account table before any package is tried."""
        return (self.specs / "accounts").read_text(encoding="utf-8")

    def run(self, specs: Path, *words: str) -> Answer:
        """Type a verb of qlumod with --json."""
        # A relative path: it is in messages, which the page shows.
        options = ["--specs", specs.name, "--flavor", self.flavor, "--cache", str(self.cache)]
        if words[0] != "lock":
            options += ["--profile", self.profile]
        call = [sys.executable, "-m", "qlumod", *words, *options, "--json", "--quiet"]
        try:
            done = subprocess.run(
                call,
                cwd=self.directory,
                env={**os.environ, "PYTHONPATH": str(ROOT), "QLUMOD_CONFIG": os.devnull},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=LONGEST,
            )
        except subprocess.TimeoutExpired:
            return Answer(status=-1, document=None, err=f"it took more than {LONGEST} seconds")
        found = answer(done.returncode, done.stdout, done.stderr)
        if found.halts:
            sys.exit(f"sweep: it stops, and goes on when it is run again\n{found.error}")
        return found

    def owned(self, modules: Iterable[str]) -> dict[str, Owned]:
        """What the newest layer of each module has."""
        return {module: _owned(self.cache / "layers", module) for module in modules}


def _owned(layers: Path, module: str) -> Owned:
    found = sorted(layers.glob(f"*/{module}.contents.gz"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        return Owned(paths=frozenset(), packages=frozenset())
    rows = [line.split("\t") for line in _lines(found[-1])]
    packages = _lines(found[-1].with_name(f"{module}.packages.version.gz"))
    return Owned(
        paths=frozenset(row[6] for row in rows if len(row) > 6 and row[0] != "d"),
        packages=frozenset(line.split()[0] for line in packages if line.strip()),
    )


def _lines(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines()
