"""The verbs of a head node: each function is one call of the command line."""
