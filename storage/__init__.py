"""PostgreSQL and Redis behind the protocols of core."""
