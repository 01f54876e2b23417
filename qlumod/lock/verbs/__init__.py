"""The verbs before a build: each function is one command of the command line."""
