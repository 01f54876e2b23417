"""What people do with a repository: each is one call of the command line, and a whole story."""
