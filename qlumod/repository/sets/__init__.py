"""The modules that a suite offers together, and their proofs."""
