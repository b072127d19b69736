"""The consumers' face: what anyone sees who scans or types a code. Nobody is known here, nothing is written."""
