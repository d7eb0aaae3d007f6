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
    v_all text;
    v_flight record;
    a record;
begin
    for v_flight in
        select (f ->> 'owner')::uuid as owner, f -> 'asks' as asks
          from jsonb_array_elements(p_asks) f
    loop
        if v_flight.owner <> platform then
            v_all := concat_ws(',', v_all, begin_owner_v1(v_flight.owner, v_flight.asks));
            continue;
        end if;
        for a in
            select * from jsonb_to_recordset(v_flight.asks) x
                (i integer, tenant uuid, conversation uuid, kind text, value text, key text,
                 claim bytea, session text, address bytea)
        loop
            v_all := concat_ws(',', v_all, format('{"i":%s,"begun":%s}', a.i, begin_v2(
                platform, a.tenant, a.conversation, a.kind, a.value, a.key, a.claim, a.session,
                a.address)));
        end loop;
    end loop;
    return '[' || v_all || ']';
end
$$;

-- The snapshots of all asks on one shop's own channels, as begin_v2 reads each. Objects are put
-- together as text, since json_build_object looks up its arguments' types anew for every row:
-- what may be any text goes through to_json, what is missing says null.
create function begin_owner_v1(p_owner uuid, p_asks jsonb) returns text
language plpgsql stable security invoker as $$
declare
    v_claims text;
    v_head text;
    v_all text;
begin
    select string_agg(substr(claim, 3), ',') into v_claims
      from jsonb_to_recordset(p_asks) x (claim text);
    perform set_config('app.address', coalesce(v_claims, ''), true),
            set_config('app.tenant_id', p_owner::text, true);
    select concat('"begun":{"now":', to_json(now()), ',"tenant":"', p_owner,
                  '","config_version":', config_version, ',"owner_version":', config_version)
      into v_head from tenant where id = p_owner;
    select string_agg(concat(
        '{"i":', q.i, ',', v_head,
        ',"conversation":', case when n.version is null then 'null' else concat(
            '{"id":"', q.conversation, '","version":', n.version,
            ',"channel_id":"', n.channel_id,
            '","sender":{"kind":', to_json(n.sender_kind), ',"value":', to_json(n.sender),
            '},"at_tenant":', coalesce(to_json(n.at_tenant)::text, 'null'),
            ',"session":"', replace(encode(n.session, 'base64'), E'\n', ''),
            '","carrier_session":', to_json(n.carrier_session), ',"heard_len":', n.heard_len,
            ',"heard_mac":', coalesce(to_json(encode(n.heard_mac, 'base64'))::text, 'null'),
            ',"open":', n.open::text, ',"opened_at":', to_json(n.opened_at),
            ',"last_at":', to_json(n.last_at),
            ',"last_in_at":', coalesce(to_json(n.last_in_at)::text, 'null'), '}') end,
        ',"answer":', case when l.command is null then 'null' else json_build_object(
            'command', l.command, 'input_hash', encode(l.input_hash, 'base64'),
            'conversation_id', l.conversation_id,
            'answer', replace(encode(l.answer, 'base64'), E'\n', ''))::text end,
        ',"stopped":', coalesce(s.stopped, false)::text,
        ',"member":', case when m.id is null then 'null' else concat(
            '{"id":"', m.id, '","version":', m.version, ',"name":', to_json(m.name),
            ',"language":', to_json(m.language), ',"status":', to_json(m.status),
            ',"tier_id":', coalesce(to_json(m.tier_id)::text, 'null'),
            ',"joined_at":', to_json(m.joined_at),
            ',"left_at":', coalesce(to_json(m.left_at)::text, 'null'),
            ',"notices":', to_json(m.notices),
            ',"pin_hash":', coalesce(to_json(m.pin_hash)::text, 'null'), '}') end,
        ',"wallet":', case when m.id is null then 'null' else concat(
            '{"id":"', w.id, '","member_id":"', m.id, '","version":', w.version,
            ',"posted":', w.posted, ',"held":', w.held, ',"pending":', w.pending,
            ',"lifetime_earned":', w.lifetime_earned, ',"lifetime_spent":', w.lifetime_spent,
            ',"visits":', w.visits, '}') end,
        ',"staff":', coalesce(f.found::text, 'null'),
        ',"next_expiry":', case when e.next is null then 'null' else concat(
            '{"points":', (
                select sum(remaining) from lot
                 where tenant_id = p_owner and account_id = w.id and remaining > 0
                   and expires_at = e.next),
            ',"at":', to_json(e.next), '}') end,
        ',"expired_unbooked":', coalesce(e.expired, 0),
        ',"open_issuances":', case when m.id is null then 0 else (
            select count(*) from issuance
             where tenant_id = p_owner and member_id = m.id
               and state in ('reserved', 'issued')) end,
        ',"to_approve":', case when f.found is null then 0 else (
            select count(*) from (select from issuance
             where tenant_id = p_owner and state = 'reserved' limit 1000) r) end,
        ',"unseen":', case when m.id is null then 'null' else coalesce((
            select json_agg(json_build_object(
                       'id', id, 'member_id', m.id, 'kind', kind, 'params', params))::text
              from (select id, kind, params from notice
                     where tenant_id = p_owner and member_id = m.id and state = 'waiting'
                     order by id limit 3) u), 'null') end,
        ',"claimed_by":', coalesce((
            select concat('["', tenant_id, '","', subject_id, '"]') from directory
             where address_hash = q.claim and subject_kind = 'session'
               and (expires_at is null or expires_at > now())
             order by tenant_id, subject_id limit 1), 'null'),
        ',"shops":null}}'), ',')
      into v_all
      from jsonb_to_recordset(p_asks) q
           (i integer, conversation uuid, kind text, value text, key text, claim bytea)
      -- Without the offset a plan made while these are empty reads all of a shop's rows.
      left join lateral (
           select * from conversation c
            where c.tenant_id = p_owner and c.id = q.conversation offset 0) n on true
      left join lateral (
           select * from command_log c
            where c.tenant_id = p_owner and c.key = q.key offset 0) l on true
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
           select row_to_json(t) as found
             from (select id, version, number, name, role, phone, pin_hash from staff
                    where tenant_id = p_owner and phone = q.value and active) t) f
             on q.kind = 'msisdn';
    return v_all;
end
$$;
