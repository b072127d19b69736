"""Scans: that the page of a code was opened, when, and by what kind of device. Never by whom, and never from where."""
