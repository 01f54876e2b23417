"""The stories in which wings meet, and nothing else."""
