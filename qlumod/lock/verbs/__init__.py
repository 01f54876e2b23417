"""The verbs before a build: each function is one call of the command line."""
