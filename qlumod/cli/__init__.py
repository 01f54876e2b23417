"""Words typed become one workflow call; only here are errors caught and exit codes known."""
