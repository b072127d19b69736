"""EPCIS 2.0 in and out: documents read, checked, captured, queried, written. Custody itself is ``trace.events``."""
