"""Rewards: catalogue, issuance from reserved to redeemed, till codes."""
