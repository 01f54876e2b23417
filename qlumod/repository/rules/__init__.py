"""Pure rules over the entries of a suite: which changes are allowed."""
