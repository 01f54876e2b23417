"""The head node: the registry of modules, and the images that are built from them."""
