"""Tests of core.rewards."""
