"""apt's own reasons why it does not install requested packages."""

from collections.abc import Mapping, Sequence

from qlumod.packaging.debian.apt import AptRoot
from qlumod.packaging.debian.apt_indexes import reasons_of
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.run import run


def why_apt_refuses(
    root: AptRoot, requests: Sequence[str], *, options: Mapping[str, str]
) -> tuple[str, ...]:
    """apt's own reasons why these requests (``name`` or ``name=version``) cannot be installed."""
    settings = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    call = command(
        "apt-get", "-q", "-s", *settings, "install", *requests,
        environment=root.environment,
    )  # fmt: skip
    said: list[str] = []
    try:
        run(call, on_line=said.append)
    except CommandFailed as failure:
        return _unmet((*said, *failure.tail))
    return ()


def _unmet(lines: Sequence[str]) -> tuple[str, ...]:
    """The part of apt's output with the reason, without its general advice."""
    start = next(
        (n + 1 for n, line in enumerate(lines) if line.startswith("The following packages have")), 0
    )
    told = lines[start:] if start else reasons_of(lines)
    # The list of unmet dependencies is followed by general advice, which differs between versions
    # of apt.
    end = next((n for n, line in enumerate(told) if start and line.startswith("E: ")), len(told))
    return tuple(
        line.rstrip()
        for line in told[:end]
        if line.strip() and not line.startswith(("Reading ", "Building ", "Solving "))
    )
