"""The demo: Hanoi as it is, with invented firms, made by the services people use. Never in a real database."""
