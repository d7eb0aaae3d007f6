"""Accounts, transfers, holds, lots: the algebra of balances."""
