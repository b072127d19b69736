"""The GS1 standards, pure: keys, vocabulary, Digital Link, event hash.

Standard library only, and nothing of ours: no settings, no database, no texts for people.
"""
