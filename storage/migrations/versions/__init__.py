"""The revisions, in order. A revision never changes once it was released."""
