"""Pages of long work: how far it has come, and what became of each row."""
