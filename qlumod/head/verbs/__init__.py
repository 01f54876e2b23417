"""The verbs of a head node: each function implements one command."""
