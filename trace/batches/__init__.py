"""Lots and the codes that name them, and who holds how much. Why it moved is in ``trace.events``."""
