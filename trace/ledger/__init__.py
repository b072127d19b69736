"""The public append-only log: what a leaf is, and that every event has one. It knows no event's meaning."""
