"""Cases of labels that may have been copied: opened by what was scanned where, decided by people alone."""
