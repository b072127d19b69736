"""Custody: what happened to goods, who did it, how much. The only way an event is written."""
