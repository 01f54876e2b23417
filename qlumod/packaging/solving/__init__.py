"""Which packages modules get: the policy over the worlds that a packaging offers."""
