"""Publishing: from incoming packages to the rename that shows the new snapshot."""
