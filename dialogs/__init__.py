"""Conversation: what a phone is shown and asked; no channel and no I/O."""
