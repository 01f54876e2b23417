"""Stacks: mounting layers as an overlay and merging their state; for layer, head and proof."""
