-- As v1, with accounts and lots moved by one statement each, however many turns a flight holds: a
-- statement costs four times the row. The ids are named once more, since a plan made while the table
-- is empty would read all of it else. What does not fit anymore leaves the counts apart.
create or replace function move_ledger_v1(p_tenant uuid, p_changes jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    part jsonb;
    v_moved bigint;
    r record;
begin
    part := p_changes -> 'account_moved';
    if part is not null then
        perform refuse_unknown_v1(
            'account_moved', part, 'id', 'version', 'posted', 'held', 'lifetime_earned',
            'lifetime_spent', 'visits');
        update account a
           set version = n.version + 1, posted = a.posted + n.posted, held = a.held + n.held,
               lifetime_earned = a.lifetime_earned + n.lifetime_earned,
               lifetime_spent = a.lifetime_spent + n.lifetime_spent,
               visits = a.visits + n.visits
          from jsonb_to_recordset(part) n
               (id uuid, version bigint, posted bigint, held bigint, lifetime_earned bigint,
                lifetime_spent bigint, visits bigint)
         where a.tenant_id = p_tenant and a.id = n.id and a.version = n.version
           and a.id = any (array(select id from jsonb_to_recordset(part) m (id uuid)));
        get diagnostics v_moved = row_count;
        if v_moved <> jsonb_array_length(part) then perform stale_v1('account_moved'); end if;
    end if;

    part := p_changes -> 'lot_moved';
    if part is not null then
        perform refuse_unknown_v1('lot_moved', part, 'id', 'remaining');
        -- Two uses of one lot that are given back in one turn move it twice: by their sum.
        update lot l set remaining = l.remaining + n.remaining
          from (select id, sum(remaining)::bigint as remaining
                  from jsonb_to_recordset(part) m (id uuid, remaining bigint)
                 group by id order by id) n
         where l.tenant_id = p_tenant and l.id = n.id
           and l.id = any (array(select id from jsonb_to_recordset(part) m (id uuid)))
           and l.remaining + n.remaining between 0 and l.amount;
        get diagnostics v_moved = row_count;
        if v_moved <> jsonb_array_length(part) and v_moved <> (
            select count(distinct id) from jsonb_to_recordset(part) m (id uuid))
        then
            perform stale_v1('lot_moved');
        end if;
    end if;

    part := p_changes -> 'lot_restored';
    if part is not null then
        perform refuse_unknown_v1('lot_restored', part, 'id', 'restored');
        for r in select * from jsonb_to_recordset(part) n (id uuid, restored bigint) loop
            update lot_use set restored = restored + r.restored
             where tenant_id = p_tenant and id = r.id
               and restored + r.restored between 0 and amount;
            if not found then perform stale_v1('lot_restored'); end if;
        end loop;
    end if;

    part := p_changes -> 'hold_moved';
    if part is not null then
        perform refuse_unknown_v1('hold_moved', part, 'id', 'state', 'posted_amount');
        for r in
            select * from jsonb_to_recordset(part) n (id uuid, state text, posted_amount bigint)
        loop
            update hold set state = r.state, posted_amount = r.posted_amount
             where tenant_id = p_tenant and id = r.id and state = 'open';
            if not found then perform stale_v1('hold_moved'); end if;
        end loop;
    end if;

    part := p_changes -> 'purchase_reversed';
    if part is not null then
        perform refuse_unknown_v1('purchase_reversed', part, 'id', 'at');
        for r in select * from jsonb_to_recordset(part) n (id uuid, at timestamptz) loop
            update purchase set reversed_at = r.at
             where tenant_id = p_tenant and id = r.id and reversed_at is null;
            if not found then perform stale_v1('purchase_reversed'); end if;
        end loop;
    end if;
end
$$;
