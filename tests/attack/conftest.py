"""The cache of the tests, which the small release is fetched into."""

from tests.integration.conftest import test_cache

__all__ = ["test_cache"]
