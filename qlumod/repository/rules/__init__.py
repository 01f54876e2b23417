"""What a change of a suite may do: pure rules over its entries."""
