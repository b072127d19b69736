"""The GS1 resolver: what a Digital Link address leads to, and the links producers chose for their goods."""
