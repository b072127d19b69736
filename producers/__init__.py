"""Who makes it and what it is: products, certificates. What happened to the goods is in ``trace``."""
