"""Finding tokens of services by rules, which are only tried near long runs of letters and digits.

The token of every rule contains such a run or is next to one (a short token is between dots), so
a text without long runs takes almost no time, whatever words it has.
"""

import re
from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part
from qlumod.secrets.rules.known import known_rules
from qlumod.secrets.rules.rule import DetectionRule, compiled
from qlumod.secrets.runs import TOKEN, runs

SHORTEST = 14
"""The length of the shortest token of a rule (SumoLogic's, LinkedIn's)."""
_BEFORE, _AFTER = 80, 400
"""The maximum distance of a rule's word before its token, and the length that is searched."""
_COST_OF_SEARCH = 10
_RANDOM = re.compile(rb"[0-9]|[A-Za-z]{18}")


def tokens(part: Part) -> Iterator[Found]:
    """The tokens of services in a part, each kind once."""
    told: set[str] = set()
    for start, end in _windows(part.data):
        for rule, at, begins in _tries(part, start, end):
            if rule.title in told:
                continue
            part.attempts.spend(2 if begins else _COST_OF_SEARCH)
            if _matches(rule, part.data, at, begins=begins):
                told.add(rule.title)
                yield part.holds(rule.title, private=rule.private, at=at)


def _windows(data: bytes) -> Iterator[tuple[int, int]]:
    """The ranges around long runs, merged if they touch."""
    begin = finish = -1
    for start, end in _dense_runs(data):
        if start - _BEFORE > finish:
            if finish >= 0:
                yield begin, finish
            begin = max(0, start - _BEFORE)
        finish = max(finish, end)
    if finish >= 0:
        yield begin, finish


def _dense_runs(data: bytes) -> Iterator[tuple[int, int]]:
    """Runs that contain a digit, or more letters in sequence than a word has."""
    for start, end in runs(data, TOKEN, SHORTEST):
        if _RANDOM.search(data, start, min(end, start + _AFTER)):
            yield start, end


def _tries(part: Part, start: int, end: int) -> Iterator[tuple[DetectionRule, int, bool]]:
    """The rules to try in a window, each with the position and whether a match begins there."""
    rules = known_rules()
    for match in rules.keywords.finditer(part.lower, start, end):
        for rule, begins in rules.by_keyword[match[1]]:
            yield rule, match.start(), begins


def _matches(rule: DetectionRule, data: bytes, at: int, *, begins: bool) -> bool:
    """Whether the rule finds a secret at or near a position."""
    rules, regex = known_rules(), compiled(rule.regex)
    if begins:
        match = regex.match(data, at)
        matches = iter((match,)) if match else iter(())
    else:
        matches = regex.finditer(data, max(0, at - _BEFORE), at + _AFTER)
    secrets = map(rule.secret_of, matches)
    return any(rule.accepts(secret) and not rules.excuses(secret) for secret in secrets)
