"""One file per program or kernel feature; `run` is the only door to programs."""
