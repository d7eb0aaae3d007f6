-- As v1, with the till codes of all turns of a flight in one statement, in the order of their hashes.
create or replace function commit_rewards_v1(p_tenant uuid, p_changes jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    part jsonb;
    v_written bigint;
    r record;
begin
    part := p_changes -> 'issuance';
    if part is not null then
        perform refuse_unknown_v1(
            'issuance', part, 'id', 'ref', 'member_id', 'reward_id', 'reward_name', 'points',
            'state', 'hold_id', 'transfer_id', 'stocked', 'reserved_at', 'issued_at', 'expires_at');
        insert into issuance (
            tenant_id, id, ref, member_id, reward_id, reward_name, points, state, hold_id,
            transfer_id, stocked, reserved_at, issued_at, expires_at)
        select p_tenant, n.id, n.ref, n.member_id, n.reward_id, n.reward_name, n.points, n.state,
               n.hold_id, n.transfer_id, n.stocked, n.reserved_at, n.issued_at, n.expires_at
          from jsonb_to_recordset(part) n
               (id uuid, ref text, member_id uuid, reward_id uuid, reward_name text,
                points bigint, state text, hold_id uuid, transfer_id uuid,
                stocked boolean, reserved_at timestamptz, issued_at timestamptz,
                expires_at timestamptz);
    end if;

    part := p_changes -> 'issuance_moved';
    if part is not null then
        perform refuse_unknown_v1(
            'issuance_moved', part, 'id', 'was', 'state', 'at', 'expires_at', 'staff_id', 'reason');
        for r in
            select * from jsonb_to_recordset(part) n
                (id uuid, was text, state text, at timestamptz, expires_at timestamptz,
                 staff_id uuid, reason text)
        loop
            update issuance
               set state = r.state,
                   issued_at = case when r.state = 'issued' then r.at else issued_at end,
                   redeemed_at = case when r.state = 'redeemed' then r.at else redeemed_at end,
                   closed_at = case when r.state in ('rejected', 'cancelled', 'expired')
                                    then r.at else closed_at end,
                   expires_at = coalesce(r.expires_at, expires_at),
                   staff_id = coalesce(r.staff_id, staff_id),
                   reason = coalesce(r.reason, reason)
             where tenant_id = p_tenant and id = r.id and state = r.was;
            if not found then perform stale_v1('issuance_moved'); end if;
        end loop;
    end if;

    part := p_changes -> 'till_code';
    if part is not null then
        perform refuse_unknown_v1(
            'till_code', part, 'id', 'kind', 'member_id', 'issuance_id', 'code_hash', 'code_enc',
            'at', 'expires_at');
        -- Digits of a live code are taken: the turn runs again and draws others. Digits of a used
        -- or expired one are free, and its row makes room.
        insert into till_code as t (
            tenant_id, id, kind, member_id, issuance_id, code_hash, code_enc, at, expires_at)
        select distinct on (n.code_hash)
               p_tenant, n.id, n.kind, n.member_id, n.issuance_id, decode(n.code_hash, 'base64'),
               decode(n.code_enc, 'base64'), n.at, n.expires_at
          from jsonb_to_recordset(part) n
               (id uuid, kind text, member_id uuid, issuance_id uuid, code_hash text,
                code_enc text, at timestamptz, expires_at timestamptz)
         order by n.code_hash
        on conflict on constraint till_code_hash_key do update
           set id = excluded.id, kind = excluded.kind, member_id = excluded.member_id,
               issuance_id = excluded.issuance_id, code_hash = excluded.code_hash,
               code_enc = excluded.code_enc, at = excluded.at,
               expires_at = excluded.expires_at, used_at = null
         where t.used_at is not null or t.expires_at <= excluded.at;
        get diagnostics v_written = row_count;
        if v_written <> jsonb_array_length(part) then perform stale_v1('till_code'); end if;
    end if;

    part := p_changes -> 'code_used';
    if part is not null then
        perform refuse_unknown_v1('code_used', part, 'id', 'at');
        for r in select * from jsonb_to_recordset(part) n (id uuid, at timestamptz) loop
            update till_code set used_at = r.at
             where tenant_id = p_tenant and id = r.id and used_at is null and expires_at > r.at;
            if not found then perform stale_v1('code_used'); end if;
        end loop;
    end if;
end
$$;
