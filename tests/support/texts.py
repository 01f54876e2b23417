"""Texts as hypothesis finds them, of what people see."""

from hypothesis import strategies as st

from qlumod.model.characters import unseen

SEEN = st.characters(exclude_categories=["C", "Z"]).filter(lambda one: not any(unseen(one)))
"""One character that may be in a document, and is no blank."""
