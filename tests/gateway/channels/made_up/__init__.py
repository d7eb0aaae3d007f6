"""A carrier that does not exist: one module and its fixtures are all that it takes."""
