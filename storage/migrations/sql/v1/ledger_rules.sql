-- What is written in the ledger stays: no grant allows otherwise, and should a grant ever slip,
-- this trigger refuses (docs/security.md 9).
create function ledger_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only: % on %', tg_op, tg_table_name
        using errcode = 'MT002';
end
$$;
create trigger append_only before update or delete on transfer
    for each row execute function ledger_is_append_only();
create trigger append_only before update or delete on entry
    for each row execute function ledger_is_append_only();
create trigger append_only_truncate before truncate on transfer
    for each statement execute function ledger_is_append_only();
create trigger append_only_truncate before truncate on entry
    for each statement execute function ledger_is_append_only();
