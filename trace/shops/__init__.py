"""The face of every hand goods pass through: what is in hand, what is coming, receive, ship, sell, throw away."""
