"""The verbs as straight stories; the only place where wings meet."""
