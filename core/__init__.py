"""Loyalty: values, pure decisions and commands; no framework, I/O, clock or randomness."""
