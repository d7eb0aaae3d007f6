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
        null;  -- Whoever needs the row that somebody holds waits for it alone, and is stale then.
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

-- Turns that change nothing but their conversation, an owner at a time in one statement each, the
-- conversations locked in the order of their ids; joins go by index only, as in begin_many_v1.
-- Null: all are in. Else the keys of those that were stale, of which nothing is written.
--
-- A conversation that is new in two processes at once, or a key that somebody else wrote while we
-- waited, is told only by the counts not adding up: then nothing of the flight is written.
create function commit_menus_v1(p_turns jsonb) returns text[]
language plpgsql volatile security invoker
set enable_hashjoin = off set enable_mergejoin = off set lock_timeout = '500ms' as $$
declare
    v_stale text[];
    v_owner uuid;
    r record;
begin
    perform set_config('synchronous_commit', 'off', true);
    for v_owner in
        select distinct owner from jsonb_to_recordset(p_turns) x (owner uuid) order by owner
    loop
        perform set_config('app.tenant_id', v_owner::text, true);
        with fit as materialized (
            select t.*
              from (select * from jsonb_to_recordset(p_turns) x
                        (owner uuid, id uuid, version bigint, channel_id uuid, sender_kind text,
                         sender text, at_tenant uuid, session text, carrier_session text,
                         heard_len integer, heard_mac text, open boolean, opened_at timestamptz,
                         last_at timestamptz, last_in_at timestamptz, key text, command text,
                         input_hash text, answer text)
                     where owner = v_owner order by id) t
              left join lateral (
                   select n.version from conversation n
                    where n.tenant_id = v_owner and n.id = t.id for no key update) held on true
             where coalesce(held.version, 0) = t.version
        ), logged as (
            insert into command_log (tenant_id, key, command, input_hash, conversation_id, answer)
            select v_owner, f.key, f.command, decode(f.input_hash, 'base64'), f.id,
                   decode(f.answer, 'base64')
              from fit f order by f.id
            on conflict (tenant_id, key) do nothing
            returning key
        ), moved as (
            update conversation n
               set version = f.version + 1, at_tenant = f.at_tenant,
                   session = decode(f.session, 'base64'), carrier_session = f.carrier_session,
                   heard_len = f.heard_len, heard_mac = decode(f.heard_mac, 'base64'),
                   open = f.open, opened_at = f.opened_at, last_at = f.last_at,
                   last_in_at = f.last_in_at
              from fit f
             where n.tenant_id = v_owner and n.id = f.id and f.version > 0
            returning n.id
        ), added as (
            insert into conversation (
                tenant_id, id, channel_id, version, sender_kind, sender, at_tenant, session,
                carrier_session, heard_len, heard_mac, open, opened_at, last_at, last_in_at)
            select v_owner, f.id, f.channel_id, 1, f.sender_kind, f.sender, f.at_tenant,
                   decode(f.session, 'base64'), f.carrier_session, f.heard_len,
                   decode(f.heard_mac, 'base64'), f.open, f.opened_at, f.last_at, f.last_in_at
              from fit f where f.version = 0 order by f.id
            on conflict do nothing
            returning id
        )
        select (select count(*) from fit) as fit, (select count(*) from logged) as logged,
               (select count(*) from moved) + (select count(*) from added) as written,
               (select array_agg(x.key)
                  from jsonb_to_recordset(p_turns) x (owner uuid, key text)
                 where x.owner = v_owner and x.key not in (select key from fit)) as stale
          into r;
        if r.logged <> r.fit or r.written <> r.fit then
            perform stale_v1('commit_menus');
        end if;
        v_stale := v_stale || r.stale;
    end loop;
    for r in
        select owner, id, claim from jsonb_to_recordset(p_turns) x
            (owner uuid, id uuid, key text, claim text)
         where claim is not null and key <> all (coalesce(v_stale, '{}')) order by claim
    loop
        perform claim_session_v1(r.owner, r.id, decode(r.claim, 'base64'));
    end loop;
    return v_stale;
end
$$;

-- The first request of a carrier's session says whose it is (docs/security.md, U35).
create function claim_session_v1(p_owner uuid, p_conversation uuid, p_claim bytea) returns void
language plpgsql volatile security invoker as $$
begin
    perform set_config('app.address', encode(p_claim, 'hex'), true);
    insert into directory (address_hash, tenant_id, subject_kind, subject_id, expires_at)
    values (p_claim, p_owner, 'session', p_conversation, now() + interval '1 hour')
    on conflict do nothing;
end
$$;
