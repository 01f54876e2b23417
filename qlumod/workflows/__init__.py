"""Procedures that need several wings."""
