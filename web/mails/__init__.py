"""Pages about mail: what went out and why, what goes out next."""
