"""qlumod accounts: the ids of the modules' system users and groups on this head node."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from qlumod.cli import options
from qlumod.cli.exits import FoundWanting
from qlumod.cli.screen import Reporter
from qlumod.head.places import Places
from qlumod.head.verbs.check_accounts import AccountDifference, AccountReport, check_accounts
from qlumod.model.registry import Registered


@options.group(examples=["qlumod accounts check"])
def command() -> None:
    """Compare the ids of the modules' system users and groups with those of this head node.

    Modules have the ids of the account table of their release, the same on all nodes. File systems
    that head node and nodes share, and munge, need the same ids on both.
    """


@options.verb(examples=["qlumod accounts check", "qlumod accounts check --json"])
@options.root
@options.reports()
def check(*, root: Path, reporter: Reporter) -> None:
    """List the accounts of modules that differ on this head node.

    They have the same name with another id, or the same id with another name. Each service of
    /etc/nsswitch.conf is asked for the names and ids of the accounts of all registered modules:
    passwd and group, and a directory service. An account that the head node does not have is no
    difference. If there are differences, the exit status is 3. With --root, only passwd and group
    of that root are read.
    """
    report = check_accounts(Places(root), listen=reporter.listen)
    reporter.result(_document(report), _lines(report))
    if report.differences:
        raise FoundWanting


command.add_command(check)


def _document(report: AccountReport) -> dict[str, object]:
    return {
        "compared": len(report.accounts),
        "services": report.services,
        "differences": [_difference(one) for one in report.differences],
    }


def _difference(one: AccountDifference) -> dict[str, object]:
    return {
        "kind": one.account.kind,
        "problem": one.problem,
        "name": one.account.name,
        "id": one.account.number,
        "modules": [_module(entry) for entry in one.modules],
        "found_name": one.found.name,
        "found_id": one.found.number,
        "services": one.services,
    }


def _module(entry: Registered) -> dict[str, str]:
    return {
        "module": entry.module,
        "version": str(entry.version),
        "flavor": entry.flavor,
        "architecture": entry.architecture,
    }


def _lines(report: AccountReport) -> Iterator[str]:
    for one in report.differences:
        account, found = one.account, one.found
        here = f"on this head node ({', '.join(one.services)})"
        if one.problem == "other-id":
            what = f"{account.kind} {account.name} has the id {account.number}"
            yield f"{what} in {_names(one.modules)}, and {found.number} {here}"
        else:
            what = f"the id {account.number} is {account.kind} {account.name}"
            yield f"{what} in {_names(one.modules)}, and {found.name} {here}"
    if not report.differences:
        yield (
            f"none of {len(report.accounts)} users and groups of modules differs here "
            f"({', '.join(report.services)})"
        )


def _names(modules: Iterable[Registered]) -> str:
    return ", ".join(dict.fromkeys(entry.module for entry in modules))
