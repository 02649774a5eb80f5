"""A whole list of cases entered at once, and the receipt of what was handed in."""
