"""What may be said of a code now: pure precedence, and the reads it needs."""
