-- Many snapshots of one moment in one call. The answer is a JSON array of what begin_v2 would have
-- said of each ask alone, each with its place `i` in the asks, in no particular order.
--
-- Asks are read owner by owner, each under its own setting (docs/architecture.md, Flights); a
-- shared channel's, which may lead to another tenant, one by one. Joins go by index only: a plan
-- made while the tables were almost empty is kept, and must not scan them once they are not.
create function begin_many_v1(p_asks jsonb) returns text
language plpgsql stable security invoker
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    platform constant uuid := '00000000-0000-7000-8000-000000000000';
    v_all text[] := '{}';
    v_owner uuid;
    a record;
begin
    for v_owner in
        select distinct owner from jsonb_to_recordset(p_asks) x (owner uuid) where owner <> platform
    loop
        v_all := v_all || begin_owner_v1(v_owner, p_asks);
    end loop;
    for a in
        select * from jsonb_to_recordset(p_asks) x
            (i integer, owner uuid, tenant uuid, conversation uuid, kind text, value text,
             key text, claim text, session text, address text)
         where owner = platform
    loop
        v_all := v_all || format('{"i":%s,"begun":%s}', a.i, begin_v2(
            a.owner, a.tenant, a.conversation, a.kind, a.value, a.key, decode(a.claim, 'base64'),
            a.session, decode(a.address, 'base64')));
    end loop;
    return '[' || array_to_string(v_all, ',') || ']';
end
$$;

-- The snapshots of all asks on one shop's own channels, as begin_v2 reads each.
create function begin_owner_v1(p_owner uuid, p_asks jsonb) returns text[]
language plpgsql stable security invoker as $$
declare
    v_claims jsonb := '{}';
    v_claimed jsonb;
    v_all text[];
    v_version bigint;
    a record;
begin
    for a in
        select claim from jsonb_to_recordset(p_asks) x (owner uuid, claim text)
         where owner = p_owner and claim is not null
    loop
        perform set_config('app.address', encode(decode(a.claim, 'base64'), 'hex'), true);
        select jsonb_build_array(tenant_id, subject_id) into v_claimed
          from directory
         where address_hash = decode(a.claim, 'base64') and subject_kind = 'session'
           and (expires_at is null or expires_at > now())
         order by tenant_id, subject_id limit 1;
        if found then
            v_claims := v_claims || jsonb_build_object(a.claim, v_claimed);
        end if;
    end loop;
    perform set_config('app.tenant_id', p_owner::text, true);
    select config_version into v_version from tenant where id = p_owner;
    select array_agg(format('{"i":%s,"begun":%s}', q.i, json_build_object(
        'now', now(), 'tenant', p_owner,
        'config_version', v_version, 'owner_version', v_version,
        'conversation', case when n.version is not null then json_build_object(
            'id', q.conversation, 'version', n.version, 'channel_id', n.channel_id,
            'sender', json_build_object('kind', n.sender_kind, 'value', n.sender),
            'at_tenant', n.at_tenant,
            'session', translate(encode(n.session, 'base64'), E'\n', ''),
            'carrier_session', n.carrier_session, 'heard_len', n.heard_len,
            'heard_mac', encode(n.heard_mac, 'base64'), 'open', n.open,
            'opened_at', n.opened_at, 'last_at', n.last_at, 'last_in_at', n.last_in_at) end,
        'answer', case when l.command is not null then json_build_object(
            'command', l.command, 'input_hash', encode(l.input_hash, 'base64'),
            'conversation_id', l.conversation_id,
            'answer', translate(encode(l.answer, 'base64'), E'\n', '')) end,
        'stopped', coalesce(s.stopped, false),
        'member', case when m.id is not null then json_build_object(
            'id', m.id, 'version', m.version, 'name', m.name, 'language', m.language,
            'status', m.status, 'tier_id', m.tier_id, 'joined_at', m.joined_at,
            'left_at', m.left_at, 'notices', m.notices, 'pin_hash', m.pin_hash) end,
        'wallet', case when m.id is not null then json_build_object(
            'id', w.id, 'member_id', m.id, 'version', w.version, 'posted', w.posted,
            'held', w.held, 'pending', w.pending, 'lifetime_earned', w.lifetime_earned,
            'lifetime_spent', w.lifetime_spent, 'visits', w.visits) end,
        'staff', case when f.id is not null then row_to_json(f) end,
        'next_expiry', case when e.next is not null then json_build_object(
            'points', (select sum(remaining) from lot
                        where tenant_id = p_owner and account_id = w.id and remaining > 0
                          and expires_at = e.next),
            'at', e.next) end,
        'expired_unbooked', coalesce(e.expired, 0),
        'open_issuances', coalesce(c.open, 0),
        'to_approve', case when f.id is null then 0 else (
            select count(*) from (select from issuance
             where tenant_id = p_owner and state = 'reserved' limit 1000) r) end,
        'unseen', c.unseen, 'claimed_by', v_claims -> q.claim, 'shops', null)))
      into v_all
      from jsonb_to_recordset(p_asks) q
           (i integer, owner uuid, conversation uuid, kind text, value text, key text, claim text)
      left join conversation n on n.tenant_id = p_owner and n.id = q.conversation
      left join command_log l on l.tenant_id = p_owner and l.key = q.key
      left join address_stop s
             on s.tenant_id = p_owner and s.kind = q.kind and s.value = q.value
      left join member_address d
             on d.tenant_id = p_owner and d.kind = q.kind and d.value = q.value
      left join member m on m.tenant_id = p_owner and m.id = d.member_id
      left join account w on w.tenant_id = p_owner and w.member_id = d.member_id
      left join lateral (
           select min(expires_at) filter (where expires_at > now()) as next,
                  sum(remaining) filter (where expires_at <= now()) as expired
             from lot
            where tenant_id = p_owner and account_id = w.id and remaining > 0) e
             on w.id is not null
      left join lateral (
           select (select count(*) from issuance
                    where tenant_id = p_owner and member_id = m.id
                      and state in ('reserved', 'issued')) as open,
                  (select json_agg(json_build_object(
                              'id', id, 'member_id', m.id, 'kind', kind, 'params', params))
                     from (select id, kind, params from notice
                            where tenant_id = p_owner and member_id = m.id and state = 'waiting'
                            order by id limit 3) u) as unseen) c
             on m.id is not null
      left join lateral (
           select id, version, number, name, role, phone, pin_hash from staff
            where tenant_id = p_owner and phone = q.value and active) f
             on q.kind = 'msisdn'
     where q.owner = p_owner;
    return v_all;
end
$$;
