"""Rules for the tokens of services, imported from gitleaks as data."""
