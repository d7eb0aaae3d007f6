-- Applied as the owner of the views of `verify`, which nobody can log in as: one role reads them.
revoke all on schema verify from public;
revoke all on all tables in schema verify from public;
grant usage on schema verify to {verify};
grant select on all tables in schema verify to {verify};
