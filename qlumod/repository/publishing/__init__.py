"""Publishing: from incoming packages to the rename that makes the new snapshot visible."""
