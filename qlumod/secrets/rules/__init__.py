"""Rules for the tokens of services, taken over from gitleaks as data."""
