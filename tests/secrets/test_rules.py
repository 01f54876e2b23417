"""The rules taken over from gitleaks: converted, whole, and honest about what was left out."""

import importlib.util
import re
from importlib.resources import files
from pathlib import Path

import pytest

from qlumod.secrets.rules.known import any_pattern_of, known_rules
from qlumod.secrets.rules.rule import DetectionRule, compiled

TOP = Path(__file__).parents[2]
SHIPPED = files("qlumod.secrets.rules")


def script():
    spec = importlib.util.spec_from_file_location("taking", TOP / "upkeep" / "gitleaks_rules.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("go", "python"),
    [
        (r"ghp_[0-9a-zA-Z]{36}", r"ghp_[0-9a-zA-Z]{36}"),
        (r"\b(p8e-(?i)[a-z0-9]{32})", r"\b(p8e-(?i:[a-z0-9]{32}))"),
        (r"(?i)a|b", r"(?i:a)|(?i:b)"),
        (r"(a(?i)b|c)d", r"(a(?i:b)|(?i:c))d"),
        (r"[[:alnum:]]{3}\z", r"[A-Za-z0-9]{3}\Z"),
        (r"x(?:;|$)", r"x(?:;|\Z)"),
        (r"[(?i)]\(?i", r"[(?i)]\(?i"),
        (r"(?i)[\w.-]{0,50}?(?:adobe)(?-i:X)", r"(?i:(?:adobe)(?-i:X))"),
        (r"[^]]+[]a]", r"[^]]+[]a]"),
    ],
)
def test_an_expression_of_go_becomes_one_of_python(go, python):
    assert script().expression(go) == python
    re.compile(python)


def test_every_rule_has_an_expression_that_compiles():
    for rule in known_rules().rules:
        compiled(rule.regex)
        for regex in rule.allow:
            compiled(regex)


def test_the_release_and_the_licence_are_told():
    assert known_rules().version == "8.30.1"
    assert "Copyright (c) 2019 Zachary Rice" in SHIPPED.joinpath("LICENSE.gitleaks").read_text()


def test_what_was_left_out_is_not_there():
    shipped = SHIPPED.joinpath("gitleaks.json").read_text()
    for name in script().LEFT_OUT:
        assert f'"id": "{name}"' not in shipped
        assert f'"{name}": ' in shipped


def test_the_longest_word_is_found_at_each_place():
    regex = re.compile(b"(?=(" + any_pattern_of([b"ab", b"abc", b"b", b"cab"]) + b"))")
    assert [match[1] for match in regex.finditer(b"cabc")] == [b"cab", b"abc", b"b"]


@pytest.mark.parametrize(
    ("regex", "word", "begins"),
    [
        (rb"ghp_[a-z]{36}", b"ghp_", True),
        (rb"(?:ghu|ghs)_[a-z]{36}", b"ghu_", True),
        (rb"\b(p8e-(?i:[a-z]{32}))", b"p8e-", True),
        (rb"(?i:(?:new-relic|newrelic)(NRJS-[a-f]{19}))", b"nrjs-", False),
        (rb"\b([A-Z]{6}_mmk)", b"_mmk", False),
    ],
)
def test_a_rule_knows_whether_its_match_begins_with_a_word(regex, word, begins):
    assert DetectionRule(title="a", keywords=(word,), regex=regex).begins_with(word) is begins


def test_too_little_chance_is_no_secret():
    rule = DetectionRule(title="a", keywords=(b"a",), regex=rb"a", entropy=3)
    assert rule.accepts(b"q8Z1kP0vB7nM4xC2")
    assert not rule.accepts(b"aaaaaaaaaaaaaaab")


def test_what_a_rule_allows_is_no_secret():
    rule = DetectionRule(title="a", keywords=(b"a",), regex=rb"a", allow=(rb".+EXAMPLE\Z",))
    assert not rule.accepts(b"AKIAIOSFODNN7EXAMPLE")
