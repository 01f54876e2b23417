"""A head node in a directory."""

from pathlib import Path

import pytest

from tests.head.head_node import HeadNode


@pytest.fixture
def head(tmp_path: Path) -> HeadNode:
    return HeadNode(tmp_path / "head", [])
