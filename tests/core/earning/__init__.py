"""Tests of core.earning."""
