-- Many turns in one transaction, so that one flush of the log serves them all.
--
-- Null: all are in. Else the outcome of each turn, in their order: 'ok', 'stale', or, where the
-- database refused it, its SQLSTATE and constraint as `23505:member_address_pkey`.
--
-- The flight's conversations are locked first, then its accounts, then its stock, each by id:
-- two processes whose flights cross would wait for each other otherwise. There is one savepoint
-- for the flight; only when a turn was refused does each of the others get its own. A row that an
-- administrator's transaction holds makes its turn stale after half a second, nobody else's.
create function commit_many_v1(p_turns jsonb) returns text[]
language plpgsql volatile security invoker set lock_timeout = '500ms' as $$
declare
    v_outcomes text[] := '{}';
    v_constraint text;
    v_state text;
    t record;
begin
    begin
        perform lock_many_v1(p_turns);
        for t in select * from jsonb_to_recordset(p_turns) x
            (owner uuid, tenant uuid, turn jsonb, changes jsonb)
        loop
            v_outcomes := v_outcomes
                || commit_v3(t.owner, t.tenant, true, t.turn, t.changes);
        end loop;
        return case when 'stale' = any (v_outcomes) then v_outcomes end;
    exception when others then
        v_outcomes := '{}';
    end;
    begin
        perform lock_many_v1(p_turns);
    exception when lock_not_available then
        -- Whoever needs the row that somebody holds is stale, without the others waiting for each.
        perform set_config('lock_timeout', '20ms', true);
    end;
    for t in select * from jsonb_to_recordset(p_turns) x
        (owner uuid, tenant uuid, turn jsonb, changes jsonb)
    loop
        begin
            v_outcomes := v_outcomes
                || commit_v3(t.owner, t.tenant, true, t.turn, t.changes);
        exception when others then
            get stacked diagnostics
                v_state = returned_sqlstate, v_constraint = constraint_name;
            v_outcomes := v_outcomes || (v_state || ':' || v_constraint);
        end;
    end loop;
    return v_outcomes;
end
$$;

-- Takes the locks of a flight in the order of the whole house; what is not there yet is not locked.
create function lock_many_v1(p_turns jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    v_tenant uuid;
    v_ids uuid[];
begin
    for v_tenant, v_ids in
        select owner, array_agg(id)
          from jsonb_to_recordset(p_turns) x (owner uuid, turn jsonb)
         cross join lateral (select (turn #>> '{conversation,id}')::uuid as id) n
         where id is not null group by owner order by owner
    loop
        perform set_config('app.tenant_id', v_tenant::text, true);
        perform from conversation where tenant_id = v_tenant and id = any (v_ids)
          order by id for no key update;
    end loop;
    for v_tenant, v_ids in
        select coalesce(tenant, owner), array_agg((m ->> 'id')::uuid)
          from jsonb_to_recordset(p_turns) x (owner uuid, tenant uuid, changes jsonb)
         cross join lateral jsonb_array_elements(changes -> 'account_moved') m
         group by 1 order by 1
    loop
        perform set_config('app.tenant_id', v_tenant::text, true);
        perform from account where tenant_id = v_tenant and id = any (v_ids)
          order by id for no key update;
    end loop;
    for v_tenant, v_ids in
        select coalesce(tenant, owner), array_agg((m ->> 'reward_id')::uuid)
          from jsonb_to_recordset(p_turns) x (owner uuid, tenant uuid, changes jsonb)
         cross join lateral jsonb_array_elements(changes -> 'stock_moved') m
         group by 1 order by 1
    loop
        perform set_config('app.tenant_id', v_tenant::text, true);
        perform from stock where tenant_id = v_tenant and reward_id = any (v_ids)
          order by reward_id for no key update;
    end loop;
end
$$;

-- The same turns set by set, for those that lead to no other tenant and whose changes are of rows
-- that turns do not share: the flight is [{owner, turns, changes, outbound, inbound}], the changes
-- of an owner's turns merged by part.
--
-- Null: all are in. Else nothing is: these conversations, accounts and till codes do not fit, and
-- the other turns may fly again. Whatever else is refused raises; then the flight goes the way
-- above, where each turn is told its own outcome.
create function commit_set_v1(p_flight jsonb) returns text[]
language plpgsql volatile security invoker
set enable_hashjoin = off set enable_mergejoin = off set lock_timeout = '500ms' as $$
declare
    v_unfit text[];
    f record;
begin
    v_unfit := lock_set_v1(p_flight);
    if v_unfit is not null then
        return v_unfit;
    end if;
    for f in
        select * from jsonb_to_recordset(p_flight) x
            (owner uuid, turns jsonb, changes jsonb, outbound jsonb, inbound uuid[])
         order by owner
    loop
        if commit_talks_v1(f.owner, f.turns) is not null then
            perform stale_v1('commit_set');
        end if;
        if f.changes is not null then
            perform commit_changes_v3(f.owner, f.changes);
        end if;
        if f.outbound is not null then
            perform commit_outgoing_v1(f.owner, f.outbound);
        end if;
        if f.inbound is not null then
            update inbound set body_enc = null, handled_at = now()
             where tenant_id = f.owner and id = any (f.inbound);
        end if;
    end loop;
    return null;
end
$$;

-- Takes the locks of such a flight in the order of lock_many_v1 and tells what is no longer as it
-- was read; an account that a turn itself adds is not there. Digits of a live till code are taken.
create function lock_set_v1(p_flight jsonb) returns text[]
language plpgsql volatile security invoker as $$
declare
    v_all text[];
    v_unfit text[];
    f record;
begin
    for f in
        select owner, turns from jsonb_to_recordset(p_flight) x (owner uuid, turns jsonb)
         order by owner
    loop
        perform set_config('app.tenant_id', f.owner::text, true);
        select array_agg(t.id) into v_unfit
          from (select * from jsonb_to_recordset(f.turns) x (id uuid, version bigint)
                 order by id) t
          left join lateral (
               select n.version from conversation n
                where n.tenant_id = f.owner and n.id = t.id for no key update) held on true
         where coalesce(held.version, 0) <> t.version;
        v_all := v_all || v_unfit;
    end loop;
    for f in
        select owner, changes from jsonb_to_recordset(p_flight) x (owner uuid, changes jsonb)
         where changes ?| '{account_moved,till_code}' order by owner
    loop
        perform set_config('app.tenant_id', f.owner::text, true);
        select array_agg(t.id) into v_unfit
          from (select * from jsonb_to_recordset(f.changes -> 'account_moved') x
                    (id uuid, version bigint) order by id) t
          join lateral (
               select w.version from account w
                where w.tenant_id = f.owner and w.id = t.id for no key update) held on true
         where held.version <> t.version;
        v_all := v_all || v_unfit;
        select array_agg(t.id) into v_unfit
          from jsonb_to_recordset(f.changes -> 'till_code') t
               (id uuid, code_hash text, at timestamptz)
         cross join lateral (
               select from till_code c
                where c.tenant_id = f.owner and c.code_hash = decode(t.code_hash, 'base64')
                  and c.used_at is null and c.expires_at > t.at limit 1) taken;
        v_all := v_all || v_unfit;
    end loop;
    for f in
        select owner, changes -> 'stock_moved' as moved
          from jsonb_to_recordset(p_flight) x (owner uuid, changes jsonb)
         where changes ? 'stock_moved' order by owner
    loop
        perform set_config('app.tenant_id', f.owner::text, true);
        perform from stock
          where tenant_id = f.owner and reward_id = any (array(
                select reward_id from jsonb_to_recordset(f.moved) m (reward_id uuid)))
          order by reward_id for no key update;
    end loop;
    return v_all;
end
$$;

-- Turns that change nothing but their conversation, an owner at a time: [{owner, turns}].
-- Null: all are in. Else the keys of those that were stale, of which nothing is written.
create function commit_menus_v1(p_flight jsonb) returns text[]
language plpgsql volatile security invoker
set enable_hashjoin = off set enable_mergejoin = off set lock_timeout = '500ms' as $$
declare
    v_stale text[];
    f record;
begin
    perform set_config('synchronous_commit', 'off', true);
    for f in
        select owner, turns from jsonb_to_recordset(p_flight) x (owner uuid, turns jsonb)
         order by owner
    loop
        v_stale := v_stale || commit_talks_v1(f.owner, f.turns);
    end loop;
    return v_stale;
end
$$;

-- Conversations, the log of their commands and whose their carrier's sessions are, in one
-- statement, the conversations locked in the order of their ids; joins go by index only, as in
-- begin_many_v1. Null: all are in. Else the keys of those that were stale.
--
-- A conversation that is new in two processes at once, or a key that somebody else wrote while we
-- waited, is told only by the counts not adding up: then nothing of the flight is written.
--
-- The first request of a carrier's session says whose it is (docs/security.md, U35).
create function commit_talks_v1(p_owner uuid, p_turns jsonb) returns text[]
language plpgsql volatile security invoker as $$
declare
    v_claims text;
    r record;
begin
    perform set_config('app.tenant_id', p_owner::text, true);
    select string_agg(substr(claim, 3), ',') into v_claims
      from jsonb_to_recordset(p_turns) x (claim text);
    if v_claims is not null then
        perform set_config('app.address', v_claims, true);
    end if;
    with fit as materialized (
        select t.*
          from (select * from jsonb_to_recordset(p_turns) x
                    (id uuid, version bigint, channel_id uuid, sender_kind text, sender text,
                     at_tenant uuid, session text, carrier_session text, heard_len integer,
                     heard_mac text, open boolean, opened_at timestamptz, last_at timestamptz,
                     last_in_at timestamptz, key text, command text, input_hash text, ref text,
                     answer text, claim bytea)
                 order by id) t
          left join lateral (
               select n.version from conversation n
                where n.tenant_id = p_owner and n.id = t.id for no key update) held on true
         where coalesce(held.version, 0) = t.version
    ), logged as (
        insert into command_log (
            tenant_id, key, command, input_hash, ref, conversation_id, answer)
        select p_owner, f.key, f.command, decode(f.input_hash, 'base64'), f.ref, f.id,
               decode(f.answer, 'base64')
          from fit f
        on conflict (tenant_id, key) do nothing
        returning 1
    ), moved as (
        update conversation n
           set version = f.version + 1, at_tenant = f.at_tenant,
               session = decode(f.session, 'base64'), carrier_session = f.carrier_session,
               heard_len = f.heard_len, heard_mac = decode(f.heard_mac, 'base64'),
               open = f.open, opened_at = f.opened_at, last_at = f.last_at,
               last_in_at = f.last_in_at
          from fit f
         where n.tenant_id = p_owner and n.id = f.id and f.version > 0
               -- Says the same; but a plan made while the table is empty reads all of it else.
           and n.id = any (array(select id from fit))
        returning 1
    ), added as (
        insert into conversation (
            tenant_id, id, channel_id, version, sender_kind, sender, at_tenant, session,
            carrier_session, heard_len, heard_mac, open, opened_at, last_at, last_in_at)
        select p_owner, f.id, f.channel_id, 1, f.sender_kind, f.sender, f.at_tenant,
               decode(f.session, 'base64'), f.carrier_session, f.heard_len,
               decode(f.heard_mac, 'base64'), f.open, f.opened_at, f.last_at, f.last_in_at
          from fit f where f.version = 0
        on conflict do nothing
        returning 1
    ), claimed as (
        insert into directory (address_hash, tenant_id, subject_kind, subject_id, expires_at)
        select f.claim, p_owner, 'session', f.id, now() + interval '1 hour'
          from fit f where f.claim is not null order by f.claim
        on conflict do nothing
    )
    select array_agg(key) as keys, count(*) as fit, (select count(*) from logged) as logged,
           (select count(*) from moved) + (select count(*) from added) as written
      into r from fit;
    if r.logged <> r.fit or r.written <> r.fit then
        perform stale_v1('commit_talks');
    end if;
    if r.fit = jsonb_array_length(p_turns) then
        return null;
    end if;
    return array(select key from jsonb_to_recordset(p_turns) x (key text)
                  where key <> all (coalesce(r.keys, '{}')));
end
$$;
