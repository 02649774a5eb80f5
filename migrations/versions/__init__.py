"""The revisions, a file each, in the order in which they name the one before them."""
