-- Members, addresses, consents, accounts and counters of one turn.
create function commit_members_v1(p_tenant uuid, p_changes jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    part jsonb;
    r record;
begin
    part := p_changes -> 'member';
    if part is not null then
        perform refuse_unknown_v1('member', part, 'id', 'name', 'language', 'tier_id', 'joined_at');
        insert into member (tenant_id, id, version, name, language, status, tier_id, joined_at)
        select p_tenant, n.id, 1, n.name, n.language, 'active', n.tier_id, n.joined_at
          from jsonb_to_recordset(part) n
               (id uuid, name text, language text, tier_id uuid, joined_at timestamptz);
    end if;

    part := p_changes -> 'member_address';
    if part is not null then
        perform refuse_unknown_v1(
            'member_address', part, 'kind', 'value', 'member_id', 'at', 'address_hash');
        insert into member_address (tenant_id, kind, value, member_id, at)
        select p_tenant, n.kind, n.value, n.member_id, n.at
          from jsonb_to_recordset(part) n
               (kind text, value text, member_id uuid, at timestamptz);
        for r in
            select member_id, address_hash
              from jsonb_to_recordset(part) n (member_id uuid, address_hash text)
        loop
            perform set_config(
                'app.address', encode(decode(r.address_hash, 'base64'), 'hex'), true);
            insert into directory (address_hash, tenant_id, subject_kind, subject_id)
            values (decode(r.address_hash, 'base64'), p_tenant, 'member', r.member_id)
            on conflict do nothing;
        end loop;
    end if;

    part := p_changes -> 'consent';
    if part is not null then
        perform refuse_unknown_v1(
            'consent', part, 'id', 'member_id', 'purpose', 'granted', 'wording', 'at');
        insert into consent (tenant_id, id, member_id, purpose, granted, wording, at)
        select p_tenant, n.id, n.member_id, n.purpose, n.granted, n.wording, n.at
          from jsonb_to_recordset(part) n
               (id uuid, member_id uuid, purpose text, granted boolean, wording text,
                at timestamptz);
    end if;

    part := p_changes -> 'account';
    if part is not null then
        perform refuse_unknown_v1('account', part, 'id', 'member_id');
        insert into account (tenant_id, id, member_id, version)
        select p_tenant, n.id, n.member_id, 1
          from jsonb_to_recordset(part) n (id uuid, member_id uuid);
    end if;

    part := p_changes -> 'member_moved';
    if part is not null then
        perform refuse_unknown_v1(
            'member_moved', part, 'id', 'version', 'name', 'language', 'status', 'tier_id',
            'joined_at', 'left_at', 'notices', 'pin_hash');
        for r in
            select * from jsonb_to_recordset(part) n
                (id uuid, version bigint, name text, language text, status text, tier_id uuid,
                 joined_at timestamptz, left_at timestamptz, notices text[], pin_hash text)
        loop
            update member
               set version = r.version + 1, name = r.name, language = r.language,
                   status = r.status, tier_id = r.tier_id, joined_at = r.joined_at,
                   left_at = r.left_at, notices = r.notices, pin_hash = r.pin_hash
             where tenant_id = p_tenant and id = r.id and version = r.version;
            if not found then perform stale_v1('member_moved'); end if;
        end loop;
    end if;

    part := p_changes -> 'counter_moved';
    if part is not null then
        perform refuse_unknown_v1('counter_moved', part, 'scope', 'subject', 'was', 'n', 'until');
        for r in
            select * from jsonb_to_recordset(part) n
                (scope text, subject text, was integer, n integer, until timestamptz)
        loop
            if r.was is null then
                insert into counter (tenant_id, scope, subject, n, until)
                values (p_tenant, r.scope, r.subject, r.n, r.until)
                on conflict do nothing;
            else
                update counter set n = r.n, until = r.until
                 where tenant_id = p_tenant and scope = r.scope and subject = r.subject
                   and n = r.was;
            end if;
            if not found then perform stale_v1('counter_moved'); end if;
        end loop;
    end if;
end
$$;
