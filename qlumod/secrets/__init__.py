"""Secrets in the bytes of files: detection, pairs, identities, groups; pure."""
