"""Stacks: mounting layers as an overlay and merging their state; used by layer, head and proof."""
