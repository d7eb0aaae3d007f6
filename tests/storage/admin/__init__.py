"""Tests of storage.admin."""
