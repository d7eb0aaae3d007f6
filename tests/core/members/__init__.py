"""Tests of core.members."""
