"""What an error text means that somebody already has. Offline."""
