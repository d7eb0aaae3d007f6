"""End to end: a real server, worker and PostgreSQL on free ports, spoken to as carriers do."""
