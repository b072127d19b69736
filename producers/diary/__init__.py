"""The production diary: what was sprayed, spread or done where something grows, before it is harvested."""
