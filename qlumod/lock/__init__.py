"""Which packages exactly: solving by a packaging, and fetching what was solved."""
