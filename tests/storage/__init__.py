"""Tests of storage, on real PostgreSQL."""
