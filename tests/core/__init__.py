"""Tests of core: pure decisions on facts in memory."""
