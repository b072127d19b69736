"""Who: organisations, their places and parties, users, memberships, devices, keys. Nothing about goods."""
