"""The packages that create accounts, according to their maintainer scripts and sysusers files."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from qlumod.state.account_files import GROUP, PASSWD

_PROGRAM = re.compile(r"\b(?:adduser|addgroup|useradd|groupadd)\b")
_REDIRECTION = re.compile(r"\d?[<>]+&?[ \t]*[^\s;|&)]+")
_BETWEEN_COMMANDS = ";|&()`"
_SYSUSERS = re.compile(r"^([ug])!?[ \t]+(\S+)", re.MULTILINE)
"""A line of sysusers.d(5) that creates a user, with a group of that name, or a group."""
_UNQUOTED = re.compile(r"""[^\s"';|&()`]+|[;|&()`]+""")
_ASSIGNMENT = re.compile(r"^[ \t]*(\w+)=[\"']?([\w.-]+)[\"']?[ \t]*$", re.MULTILINE)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_JOINING = re.compile(r"^.*\b(?:usermod|gpasswd|chown|chgrp|install)\b.*$", re.MULTILINE)
"""Lines that name existing accounts only."""

_SHARED_OPTIONS = "--uid --gid --shell --home --comment -g -u -c -d -s -K -P -R"
_OPTIONS_WITH_VALUES = {
    program: frozenset(f"{_SHARED_OPTIONS} {more}".split())
    for program, more in {
        "adduser": "--ingroup --gecos --firstuid --lastuid --firstgid --lastgid --conf",
        "addgroup": "--gecos --firstgid --lastgid --firstuid --lastuid --conf",
        "useradd": "--base-dir --home-dir --expiredate --inactive --groups --skel --key --password "
        "--root --prefix --selinux-user -b -e -f -G -k -p -Z",
        "groupadd": "--key --password --root --prefix --users -p",
    }.items()
}
_OF_A_GROUP = frozenset(("--ingroup", "--gid", "-g", "-N", "--no-user-group"))
"""Options with which a new user gets no group of its own."""

Account = tuple[str, str]
"""``/etc/passwd`` or ``/etc/group``, and a name."""


def makers_of(
    accounts: Iterable[Account], scripts: Mapping[str, str]
) -> dict[Account, tuple[str, ...]]:
    """The packages that create each account; an account of which nothing is known is missing.

    `scripts` are the texts by package. A command or a line that creates the account takes
    precedence over a mention; of several packages that only mention it the first by name is used.
    """
    texts = {package: _resolved(text) for package, text in sorted(scripts.items())}
    made = {package: frozenset(_made_by(text)) for package, text in texts.items()}
    found = {}
    for account in accounts:
        path, name = account
        other = (GROUP if path == PASSWD else PASSWD, name)
        makers = (
            _having(account, made) or _having(other, made) or tuple(_mentioning(name, texts))[:1]
        )
        if makers:
            found[account] = makers
    return found


def _having(account: Account, made: Mapping[str, frozenset[Account]]) -> tuple[str, ...]:
    return tuple(package for package, accounts in made.items() if account in accounts)


def _resolved(text: str) -> str:
    """A text with whole lines, and with the values of simple variables in the places of these."""
    text = text.replace("\\\n", " ")
    values = dict(_ASSIGNMENT.findall(text))
    return _VARIABLE.sub(lambda found: values.get(found[1] or found[2], found[0]), text)


def _made_by(text: str) -> Iterator[Account]:
    """The accounts that a text creates."""
    for kind, name in _SYSUSERS.findall(text):
        yield GROUP, name
        if kind == "u":
            yield PASSWD, name
    for call in _calls(text):
        yield from call.made()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A call of a program that creates accounts, or that adds a user to a group."""

    program: str
    options: frozenset[str]
    names: Sequence[str]

    @property
    def joins(self) -> bool:
        """Whether it adds a user to a group: ``adduser USER GROUP``, and so ``addgroup``."""
        return self.program in ("adduser", "addgroup") and len(self.names) > 1

    def made(self) -> Iterator[Account]:
        """The accounts that it creates."""
        if self.joins or not self.names:
            return
        name = self.names[-1]
        if self.program in ("adduser", "useradd") and not self._is_group_only:
            yield PASSWD, name
            if self.options & _OF_A_GROUP:
                return
        yield GROUP, name

    @property
    def _is_group_only(self) -> bool:
        """Whether adduser is called as addgroup: ``adduser --group`` without ``--system``."""
        return (
            self.program == "adduser"
            and "--group" in self.options
            and "--system" not in self.options
        )


def _calls(text: str) -> Iterator[_Call]:
    for line in filter(_PROGRAM.search, text.split("\n")):
        for words in _commands(line):
            programs = [word.rpartition("/")[2] for word in words]
            place = next((n for n, word in enumerate(programs) if word in _OPTIONS_WITH_VALUES), -1)
            if place >= 0:
                yield _call(programs[place], words[place + 1 :])


def _call(program: str, words: Sequence[str]) -> _Call:
    options, names = set(), []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            names.append(word)
            continue
        option, given, _ = word.partition("=")
        options.add(option)
        if option in _OPTIONS_WITH_VALUES[program] and not given:
            next(rest, None)
    return _Call(program=program, options=frozenset(options), names=names)


def _commands(line: str) -> Iterator[list[str]]:
    """The words of each command on a line; without quoting if that is not closed on the line."""
    line = _REDIRECTION.sub(" ", line)
    lexer = shlex.shlex(line, posix=True, punctuation_chars=_BETWEEN_COMMANDS)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError:
        words = _UNQUOTED.findall(line)
    words = list(takewhile(lambda word: not word.startswith("#"), words))
    for between, found in groupby(words, lambda word: not word.strip(_BETWEEN_COMMANDS)):
        if not between:
            yield list(found)


def _mentioning(name: str, texts: Mapping[str, str]) -> Iterator[str]:
    """The packages whose scripts name an account, those that call a program for it first."""
    word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    said = {package: _without_joins(text) for package, text in texts.items()}
    calling = [package for package in said if any(not call.joins for call in _calls(said[package]))]
    yield from (package for package in calling if word.search(said[package]))
    yield from (package for package in said if word.search(said[package]))


def _without_joins(text: str) -> str:
    """A text without the lines that only add users to groups, or give files to accounts."""
    lines = _JOINING.sub("", text).split("\n")
    return "\n".join(line for line in lines if not any(call.joins for call in _calls(line)))
