-- As v1, with linked transfers and the lots that moved ones come from: holds, transfers with their
-- two entries, lots and purchases of one turn; the accounts they belong to are locked and compared
-- by commit before this runs.
create function commit_ledger_v3(p_tenant uuid, p_changes jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    part jsonb;
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
            'account_version', 'ref', 'at', 'hold_id', 'reverses', 'detail', 'linked_id');
        insert into transfer (
            tenant_id, id, code, debit, credit, amount, balance_after, account_version, ref, at,
            hold_id, reverses, detail, linked_id)
        select p_tenant, n.id, n.code, n.debit, n.credit, n.amount, n.balance_after,
               n.account_version, n.ref, n.at, n.hold_id, n.reverses, n.detail,
               n.linked_id
          from jsonb_to_recordset(part) n
               (id uuid, code text, debit text, credit text, amount bigint, balance_after bigint,
                account_version bigint, ref text, at timestamptz, hold_id uuid, reverses uuid,
                detail text, linked_id uuid);
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
               select side, owner, sign,
                      owner in ('issuance', 'redeemed', 'breakage', 'merge') as is_system
                 from (values ('debit', n.debit, -1), ('credit', n.credit, 1))
                      v (side, owner, sign)) s;
    end if;

    part := p_changes -> 'lot';
    if part is not null then
        perform refuse_unknown_v1(
            'lot', part, 'id', 'account_id', 'transfer_id', 'amount', 'created_at', 'expires_at',
            'origin_id');
        insert into lot (
            tenant_id, id, account_id, transfer_id, amount, remaining, created_at, expires_at,
            origin_id)
        select p_tenant, n.id, n.account_id, n.transfer_id, n.amount, n.amount, n.created_at,
               n.expires_at, n.origin_id
          from jsonb_to_recordset(part) n
               (id uuid, account_id uuid, transfer_id uuid, amount bigint, created_at timestamptz,
                expires_at timestamptz, origin_id uuid);
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
