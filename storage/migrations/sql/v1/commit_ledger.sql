-- Holds, transfers with their two entries, lots and purchases of one turn; the accounts they
-- belong to are locked and compared by commit before this runs.
create function commit_ledger_v1(p_tenant uuid, p_changes jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    part jsonb;
    r record;
begin
    part := p_changes -> 'hold';
    if part is not null then
        perform refuse_unknown_v1('hold', part, 'id', 'account_id', 'amount', 'expires_at', 'at');
        insert into hold (tenant_id, id, account_id, amount, posted_amount, state, expires_at, at)
        select p_tenant, n.id, n.account_id, n.amount, 0, 'open', n.expires_at, n.at
          from jsonb_to_recordset(part) n
               (id uuid, account_id uuid, amount bigint, expires_at timestamptz, at timestamptz);
    end if;

    part := p_changes -> 'transfer';
    if part is not null then
        perform refuse_unknown_v1(
            'transfer', part, 'id', 'code', 'debit', 'credit', 'amount', 'balance_after',
            'account_version', 'ref', 'at', 'hold_id', 'reverses', 'detail');
        insert into transfer (
            tenant_id, id, code, debit, credit, amount, balance_after, account_version, ref, at,
            hold_id, reverses, detail)
        select p_tenant, n.id, n.code, n.debit, n.credit, n.amount, n.balance_after,
               n.account_version, n.ref, n.at, n.hold_id, n.reverses, n.detail
          from jsonb_to_recordset(part) n
               (id uuid, code text, debit text, credit text, amount bigint, balance_after bigint,
                account_version bigint, ref text, at timestamptz, hold_id uuid, reverses uuid,
                detail text);
        -- A side that is no system account's name is a member account's id: a name we do not
        -- know is no uuid either, and the commit fails.
        insert into entry (
            tenant_id, transfer_id, side, account_id, system, amount, balance_after,
            account_version, at)
        select p_tenant, n.id, s.side,
               case when not s.is_system then s.owner::uuid end,
               case when s.is_system then s.owner end,
               s.sign * n.amount,
               case when not s.is_system then n.balance_after end,
               case when not s.is_system then n.account_version end,
               n.at
          from jsonb_to_recordset(part) n
               (id uuid, debit text, credit text, amount bigint, balance_after bigint,
                account_version bigint, at timestamptz)
         cross join lateral (
               select side, owner, sign, owner in ('issuance', 'redeemed', 'breakage') as is_system
                 from (values ('debit', n.debit, -1), ('credit', n.credit, 1))
                      v (side, owner, sign)) s;
    end if;

    part := p_changes -> 'lot';
    if part is not null then
        perform refuse_unknown_v1(
            'lot', part, 'id', 'account_id', 'transfer_id', 'amount', 'created_at', 'expires_at');
        insert into lot (
            tenant_id, id, account_id, transfer_id, amount, remaining, created_at, expires_at)
        select p_tenant, n.id, n.account_id, n.transfer_id, n.amount, n.amount, n.created_at,
               n.expires_at
          from jsonb_to_recordset(part) n
               (id uuid, account_id uuid, transfer_id uuid, amount bigint, created_at timestamptz,
                expires_at timestamptz);
    end if;

    part := p_changes -> 'lot_use';
    if part is not null then
        perform refuse_unknown_v1(
            'lot_use', part, 'id', 'lot_id', 'amount', 'hold_id', 'transfer_id');
        insert into lot_use (tenant_id, id, lot_id, amount, restored, hold_id, transfer_id)
        select p_tenant, n.id, n.lot_id, n.amount, 0, n.hold_id, n.transfer_id
          from jsonb_to_recordset(part) n
               (id uuid, lot_id uuid, amount bigint, hold_id uuid, transfer_id uuid);
    end if;

    part := p_changes -> 'purchase';
    if part is not null then
        perform refuse_unknown_v1(
            'purchase', part, 'id', 'member_id', 'staff_id', 'amount_minor', 'currency', 'points',
            'transfer_id', 'receipt_no', 'store', 'source', 'ref', 'at');
        insert into purchase (
            tenant_id, id, member_id, staff_id, amount_minor, currency, points, transfer_id,
            receipt_no, store, source, ref, at)
        select p_tenant, n.id, n.member_id, n.staff_id, n.amount_minor, n.currency, n.points,
               n.transfer_id, n.receipt_no, n.store, n.source, n.ref, n.at
          from jsonb_to_recordset(part) n
               (id uuid, member_id uuid, staff_id uuid, amount_minor bigint, currency text,
                points bigint, transfer_id uuid, receipt_no text, store text, source text,
                ref text, at timestamptz);
    end if;

    perform move_ledger_v1(p_tenant, p_changes);
end
$$;

create function move_ledger_v1(p_tenant uuid, p_changes jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    part jsonb;
    r record;
begin
    part := p_changes -> 'account_moved';
    if part is not null then
        perform refuse_unknown_v1(
            'account_moved', part, 'id', 'version', 'posted', 'held', 'lifetime_earned',
            'lifetime_spent', 'visits');
        for r in
            select * from jsonb_to_recordset(part) n
                (id uuid, version bigint, posted bigint, held bigint, lifetime_earned bigint,
                 lifetime_spent bigint, visits bigint)
        loop
            update account
               set version = r.version + 1, posted = posted + r.posted, held = held + r.held,
                   lifetime_earned = lifetime_earned + r.lifetime_earned,
                   lifetime_spent = lifetime_spent + r.lifetime_spent, visits = visits + r.visits
             where tenant_id = p_tenant and id = r.id and version = r.version;
            if not found then perform stale_v1('account_moved'); end if;
        end loop;
    end if;

    part := p_changes -> 'lot_moved';
    if part is not null then
        perform refuse_unknown_v1('lot_moved', part, 'id', 'remaining');
        for r in select * from jsonb_to_recordset(part) n (id uuid, remaining bigint) loop
            update lot set remaining = remaining + r.remaining
             where tenant_id = p_tenant and id = r.id
               and remaining + r.remaining between 0 and amount;
            if not found then perform stale_v1('lot_moved'); end if;
        end loop;
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
