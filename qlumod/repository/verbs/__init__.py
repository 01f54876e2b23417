"""The verbs of a repository: each function implements one command."""
