"""Tests of storage.loads."""
