"""What people do before there is a build: each is one call of the command line."""
