"""``make audit``: slower checks by programs from outside, against a running service with the demo in it.

One module a check; each returns a ``Finding`` and prints nothing itself. Nothing of the product imports this.
"""
