"""Forms of pages: fields from Pydantic models, what was typed in them, and back to JSON."""
