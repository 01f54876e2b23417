"""The packages that a new lock keeps and moves, and the modules' versions: pure rules."""
