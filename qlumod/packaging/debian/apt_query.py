"""What the configured sources of a root offer, as apt-cache knows it: no network, no privileges."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from qlumod.model.lines import lines_of
from qlumod.model.stanzas import ControlStanza, as_text, read_stanzas
from qlumod.system.disk.scratch import scratch
from qlumod.system.processes.command import Command, CommandFailed, command
from qlumod.system.processes.run import attempt

_NONE = "E: No packages found"
"""What apt-cache says if no package has a candidate."""


class AptQuery:
    """The lists of one root's apt, as `apt-get update` fetched them last."""

    def __init__(self, config: Path | None) -> None:
        self._config = config

    def names(self) -> tuple[str, ...]:
        """The names of all packages that apt knows."""
        return tuple(lines_of(self._ask("pkgnames")))

    def candidates(self, names: Sequence[str]) -> tuple[ControlStanza, ...]:
        """The fields of the version that apt would install, of each package that has one."""
        if not names:
            return ()
        shown = self._ask("show", "--no-all-versions", "--", *names)
        return tuple(read_stanzas(shown, "what apt-cache show printed"))

    def _ask(self, *words: str) -> str:
        call = self._call(*words)
        status, found, said = attempt(call)
        if status and as_text(said).strip() != _NONE:
            raise CommandFailed(
                call,
                status,
                lines_of(as_text(said)),
                remedy="mend the sources of apt, and run: apt update",
            )
        return as_text(found)

    def _call(self, *words: str) -> Command:
        if self._config is None:
            return command("apt-cache", *words)
        # What the root's own configuration says of programs does not count.
        return command(
            "apt-cache", "-o", "Dir::Bin::dpkg=/usr/bin/dpkg", *words,
            environment={"APT_CONFIG": str(self._config)},
        )  # fmt: skip


@contextmanager
def apt_query(root: Path) -> Iterator[AptQuery]:
    """The lists of the apt of a root: this machine's, or those in another root directory."""
    if root == Path("/"):
        yield AptQuery(None)
        return
    with scratch() as directory:
        config = directory / "apt.conf"
        place = str(root.absolute())
        config.write_text(
            f'Dir "{place}/";\nDir::State::status "{place}/var/lib/dpkg/status";\n',
            encoding="utf-8",
        )
        yield AptQuery(config)
