"""From locked packages to a payload: a squashfs layer, its state, its contents, its manifest."""
