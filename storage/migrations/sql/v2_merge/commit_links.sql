-- Links of one turn: whose an address and a membership are now, and what goes along. The accounts of
-- both members are locked and compared by commit before this runs, in the order of their ids.
create function commit_links_v3(p_tenant uuid, p_changes jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    part jsonb;
    r record;
begin
    part := p_changes -> 'member_link';
    if part is not null then
        perform refuse_unknown_v1(
            'member_link', part, 'id', 'member_id', 'other_id', 'ref', 'points', 'lifetime_earned',
            'lifetime_spent', 'visits', 'tier_id', 'joined_at', 'addresses', 'at');
        insert into member_link (
            tenant_id, id, member_id, other_id, ref, points, lifetime_earned, lifetime_spent,
            visits, tier_id, joined_at, addresses, at)
        select p_tenant, n.id, n.member_id, n.other_id, n.ref, n.points, n.lifetime_earned,
               n.lifetime_spent, n.visits, n.tier_id, n.joined_at, n.addresses, n.at
          from jsonb_to_recordset(part) n
               (id uuid, member_id uuid, other_id uuid, ref text, points bigint,
                lifetime_earned bigint, lifetime_spent bigint, visits bigint, tier_id uuid,
                joined_at timestamptz, addresses jsonb, at timestamptz);
    end if;

    part := p_changes -> 'member_merged';
    if part is not null then
        perform refuse_unknown_v1('member_merged', part, 'id', 'version', 'into');
        for r in
            select * from jsonb_to_recordset(part) n (id uuid, version bigint, "into" uuid)
        loop
            update member
               set version = r.version + 1, merged_into = r."into",
                   status = case when r."into" is null then 'active' else 'merged' end
             where tenant_id = p_tenant and id = r.id and version = r.version
               and status = case when r."into" is null then 'merged' else 'active' end;
            if not found then perform stale_v1('member_merged'); end if;
        end loop;
    end if;

    part := p_changes -> 'address_moved';
    if part is not null then
        perform move_addresses_v3(p_tenant, part);
    end if;
    part := p_changes -> 'belongings_moved';
    if part is not null then
        perform move_belongings_v3(p_tenant, part);
    end if;

    part := p_changes -> 'link_undone';
    if part is not null then
        perform refuse_unknown_v1('link_undone', part, 'id', 'staff_id', 'points', 'at');
        for r in
            select * from jsonb_to_recordset(part) n
                (id uuid, staff_id uuid, points bigint, at timestamptz)
        loop
            update member_link
               set undone_at = r.at, undone_by = r.staff_id, undone_points = r.points
             where tenant_id = p_tenant and id = r.id and undone_at is null;
            if not found then perform stale_v1('link_undone'); end if;
        end loop;
    end if;
end
$$;

-- An address and its row in the directory, under the old and the new member; null: nobody's.
create function move_addresses_v3(p_tenant uuid, p_part jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    r record;
begin
    perform refuse_unknown_v1(
        'address_moved', p_part, 'kind', 'value', 'was', 'member_id', 'at', 'address_hash');
    for r in
        select kind, value, was, member_id, at, decode(address_hash, 'base64') as hash
          from jsonb_to_recordset(p_part) n
               (kind text, value text, was uuid, member_id uuid, at timestamptz, address_hash text)
    loop
        if r.member_id is null then
            delete from member_address
             where tenant_id = p_tenant and kind = r.kind and value = r.value
               and member_id = r.was;
        else
            update member_address set member_id = r.member_id, at = r.at
             where tenant_id = p_tenant and kind = r.kind and value = r.value
               and member_id = r.was;
        end if;
        if not found then perform stale_v1('address_moved'); end if;
        perform set_config('app.address', encode(r.hash, 'hex'), true);
        delete from directory
         where address_hash = r.hash and tenant_id = p_tenant and subject_kind = 'member'
           and subject_id = r.was;
        if r.member_id is not null then
            insert into directory (address_hash, tenant_id, subject_kind, subject_id)
            values (r.hash, p_tenant, 'member', r.member_id)
            on conflict do nothing;
        end if;
    end loop;
end
$$;

-- What can still be used, undone or said is the other member's from now on. With accounts: only
-- what they paid for (issuances) or were paid for (purchases): how a merge is taken apart.
create function move_belongings_v3(p_tenant uuid, p_part jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    r record;
begin
    perform refuse_unknown_v1('belongings_moved', p_part, 'was', 'member_id', 'accounts');
    for r in
        select * from jsonb_to_recordset(p_part) n (was uuid, member_id uuid, accounts uuid[])
    loop
        update issuance i set member_id = r.member_id
         where i.tenant_id = p_tenant and i.member_id = r.was
           and (r.accounts is null
                or exists (select from hold h
                            where h.tenant_id = p_tenant and h.id = i.hold_id
                              and h.account_id = any(r.accounts))
                or exists (select from transfer t
                            where t.tenant_id = p_tenant and t.id = i.transfer_id
                              and t.debit = any(r.accounts::text[])));
        update till_code c set member_id = r.member_id
         where c.tenant_id = p_tenant and c.member_id = r.was
           and (r.accounts is null
                or exists (select from issuance i
                            where i.tenant_id = p_tenant and i.id = c.issuance_id
                              and i.member_id = r.member_id));
        update purchase p set member_id = r.member_id
         where p.tenant_id = p_tenant and p.member_id = r.was
           and (r.accounts is null
                or exists (select from transfer t
                            where t.tenant_id = p_tenant and t.id = p.transfer_id
                              and t.credit = any(r.accounts::text[])));
        if r.accounts is null then
            update notice n set member_id = r.member_id
             where n.tenant_id = p_tenant and n.member_id = r.was
               and n.state in ('waiting', 'sending');
        end if;
    end loop;
end
$$;
