"""The keys that people sign with, and what is signed."""
