"""The floor every feature stands on: settings, database, errors, HTTP. It knows no feature."""
