"""What people do on a head node: each is one call of the command line, and a whole story."""
