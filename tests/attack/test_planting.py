"""Secrets are planted into what an installation leaves: the gate of a build finds them."""

import pytest

from tests.attack.planting import Lot, false_alarms, lots

KINDS = 60
"""At least so many are planted."""


@pytest.fixture(scope="module")
def planted() -> tuple[Lot, ...]:
    return tuple(lots())


def test_planted_secrets_are_found(planted: tuple[Lot, ...]) -> None:
    assert sum(lot.kinds for lot in planted) >= KINDS
    assert [lot.missed for lot in planted if lot.missed] == []


def test_what_is_harmless_is_taken_for_nothing() -> None:
    assert false_alarms() == ()
