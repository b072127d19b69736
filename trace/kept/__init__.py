"""Pages kept as bytes, and the certainty that none is shown once anything in it has changed.

Knows no feature: what a page says is made above. Nothing here is a record: all of it can be made again.
"""
