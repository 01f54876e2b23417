"""On the head node: the registry of modules, and the images made of them."""
