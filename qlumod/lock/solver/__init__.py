"""Which packages apt chooses: what it is asked, its process, and the algorithm over its answers."""
