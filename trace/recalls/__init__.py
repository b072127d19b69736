"""Recalls: what is called back, why, on whose decision, and how that ended."""
