"""Which changes of a suite are allowed: pure rules over its entries."""
