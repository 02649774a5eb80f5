"""Long work: ordered by somebody, carried out row by row as them, with the rights they have at that moment."""
