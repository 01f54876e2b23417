"""Detecting secrets in the bytes of files, with key pairs, identities and groups; pure."""
