"""One action on many cases: read again what it will do, then have it done."""
