"""What apt chooses, in a process of its own: its caches as worlds, and how it is asked."""
