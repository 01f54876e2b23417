"""The verbs of ``qlumod image``."""
