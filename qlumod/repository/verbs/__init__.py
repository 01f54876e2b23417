"""The verbs of a repository: each function is one call of the command line."""
