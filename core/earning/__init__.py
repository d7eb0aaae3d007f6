"""Earning: a purchase becomes points, tiers and notices."""
