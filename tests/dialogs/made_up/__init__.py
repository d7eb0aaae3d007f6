"""A dialog that no shop has: one module and its transcripts are all that it takes."""
