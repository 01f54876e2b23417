"""Mounting layers upon each other and giving them one common state; used by layer, head, proof."""
