"""Pages about one's own account: logging in and out, confirming, password, second factor, sessions."""
