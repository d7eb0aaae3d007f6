"""One dialog per file; found by name, never importing one another."""
