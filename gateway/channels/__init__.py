"""One adapter per carrier product; found by name."""
