"""All rules: those of gitleaks, read on first use, and qlumod's own."""

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
    """All rules, with the allowlist of a release of gitleaks."""

    version: str
    rules: tuple[DetectionRule, ...]
    allow: tuple[bytes, ...]
    stopwords: tuple[bytes, ...]
    by_keyword: Mapping[bytes, tuple[tuple[DetectionRule, bool], ...]]
    """The rules to try at a keyword, including those of keywords that are its prefixes, each with
    whether its match begins there."""
    keywords: re.Pattern[bytes]
    """Matches every position of a keyword (group 1) in a lower-case text."""

    def excuses(self, secret: bytes) -> bool:
        """Whether a match of any rule is a placeholder."""
        return any(word in secret.lower() for word in self.stopwords) or any(
            compiled(regex).search(secret) for regex in self.allow
        )


@cache
def known_rules() -> Rules:
    """The rules that qlumod ships."""
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
    """A regular expression for any of these words, as a trie; it matches the longest word."""
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
