"""Test results of a lot: what a laboratory reported, as the producer copies it out."""
