"""What secrets the bytes of files hold: detection, pairs, identities, groups; pure."""
