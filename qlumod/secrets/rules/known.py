"""The rules that are known: those of gitleaks, read when they are first needed, and our own."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from qlumod.secrets.rules.own import OWN
from qlumod.secrets.rules.rule import DetectionRule, compiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules, with what one release of gitleaks takes for harmless."""

    version: str
    rules: tuple[DetectionRule, ...]
    allow: tuple[bytes, ...]
    stopwords: tuple[bytes, ...]
    by_keyword: Mapping[bytes, tuple[tuple[DetectionRule, bool], ...]]
    """The rules to try where a keyword stands, those of keywords that begin it included, and
    whether a match of the rule begins there."""
    keywords: re.Pattern[bytes]
    """Finds every place of a keyword in a text in small letters: group 1."""

    def excuses(self, secret: bytes) -> bool:
        """Whether it is a placeholder, whichever rule found it."""
        return any(word in secret.lower() for word in self.stopwords) or any(
            compiled(regex).search(secret) for regex in self.allow
        )


@cache
def known_rules() -> Rules:
    """The rules that are shipped."""
    text = files("qlumod.secrets.rules").joinpath("gitleaks.json").read_text("utf-8")
    whole = json.loads(text)
    rules = (*OWN, *(_rule(one) for one in whole["rules"]))
    words = frozenset(word for rule in rules for word in rule.keywords)
    return Rules(
        version=whole["Version"],
        rules=rules,
        allow=_bytes(whole["allow"]),
        stopwords=_bytes(whole["stopwords"]),
        by_keyword={word: _rules_at(word, rules) for word in words},
        keywords=re.compile(b"(?=(" + any_pattern_of(words) + b"))"),
    )


def _rule(one: Mapping[str, Any]) -> DetectionRule:
    return DetectionRule(
        title=one["title"],
        keywords=_bytes(one["keywords"]),
        regex=one["regex"].encode(),
        entropy=one.get("entropy", 0.0),
        group=one.get("group", 0),
        allow=_bytes(one.get("allow", ())),
    )


def _bytes(texts: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in texts)


def _rules_at(
    word: bytes, rules: Iterable[DetectionRule]
) -> tuple[tuple[DetectionRule, bool], ...]:
    return tuple((rule, rule.begins_with(word)) for rule in rules if word.startswith(rule.keywords))


def any_pattern_of(words: Iterable[bytes]) -> bytes:
    """An expression for any of these words, the longest that fits, tried letter by letter."""
    by_first: dict[bytes, list[bytes]] = {}
    for word in words:
        by_first.setdefault(word[:1], []).append(word[1:])
    branches = (
        re.escape(first)
        + (any_pattern_of(filter(None, rest)) if any(rest) else b"")
        + (b"?" if b"" in rest and any(rest) else b"")
        for first, rest in sorted(by_first.items())
    )
    return b"(?:" + b"|".join(branches) + b")"
