"""Tokens of services in a text: the rules, tried only around long runs of letters and digits.

Every rule's token has such a run, or stands beside one (a short one is between dots), so that a
text without long runs costs next to nothing, whatever words are in it.
"""

import re
from collections.abc import Iterator

from qlumod.secrets.found import Found
from qlumod.secrets.part import Part
from qlumod.secrets.rules.known import known_rules
from qlumod.secrets.rules.rule import DetectionRule, compiled
from qlumod.secrets.runs import TOKEN, runs

SHORTEST = 14
"""The shortest token of a rule (SumoLogic's, LinkedIn's) has so many characters."""
_BEFORE, _AFTER = 80, 400
"""How far a rule's word may stand before its token, and how long what is tried is."""
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
    """The places around long runs, merged where they touch."""
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
    """Runs that have a digit, or more letters than a word has."""
    for start, end in runs(data, TOKEN, SHORTEST):
        if _RANDOM.search(data, start, min(end, start + _AFTER)):
            yield start, end


def _tries(part: Part, start: int, end: int) -> Iterator[tuple[DetectionRule, int, bool]]:
    """Which rules to try where in a window, and whether a match begins there."""
    rules = known_rules()
    for match in rules.keywords.finditer(part.lower, start, end):
        for rule, begins in rules.by_keyword[match[1]]:
            yield rule, match.start(), begins


def _matches(rule: DetectionRule, data: bytes, at: int, *, begins: bool) -> bool:
    """Whether the rule finds a secret at a place, or close to it."""
    rules, regex = known_rules(), compiled(rule.regex)
    if begins:
        match = regex.match(data, at)
        matches = iter((match,)) if match else iter(())
    else:
        matches = regex.finditer(data, max(0, at - _BEFORE), at + _AFTER)
    secrets = map(rule.secret_of, matches)
    return any(rule.accepts(secret) and not rules.excuses(secret) for secret in secrets)
