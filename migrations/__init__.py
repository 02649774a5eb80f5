"""How the tables came to be what they are: one chain of revisions for SQLite and PostgreSQL (docs/decisions/0018).

A revision is a file in `versions` and never changes once it has been released. It may not import the models of today:
it says itself what it makes. `chain` takes a database along it.
"""
