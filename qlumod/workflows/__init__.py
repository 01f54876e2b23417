"""The procedures that need several wings, and only those."""
