"""Which packages exactly: solving with apt, and fetching what was solved."""
