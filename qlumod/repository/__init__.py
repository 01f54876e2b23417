"""Publishing packages into a signed apt repository, one commit at a time."""
