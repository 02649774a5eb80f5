"""The page of one case, and what is beside its forms."""
