"""The procedures that need several wings, and nothing else."""
