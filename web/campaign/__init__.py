"""Pages about a campaign: its overview, the coverage of what units owe, reminders of it."""
