-- Of turns that began from memory, the conversations for which something they assumed is otherwise
-- by now, or whose key is known already; null: none. The assumptions are [{id, key, kind, value,
-- config_version, member, member_version, account_version, open_issuances, claim}]: of a sender who
-- is not staff, has not said STOP and has no notice waiting, in a session no other phone began. All that begin_v2 reads of one is named here,
-- but what the conversation's own version guards, and what only the time changes. It asks for one
-- row each by an index: for `exists`, or in a plan made while the tables are empty, all that a shop
-- has might be read.
create function outdated_v1(p_owner uuid, p_assumed jsonb) returns text[]
language plpgsql stable security invoker set enable_seqscan = off as $$
declare
    v_claims text;
    v_outdated text[];
begin
    select string_agg(substr(claim, 3), ',') into v_claims
      from jsonb_to_recordset(p_assumed) x (claim text);
    if v_claims is not null then
        perform set_config('app.address', v_claims, true);
    end if;
    select array_agg(q.id) into v_outdated
      from jsonb_to_recordset(p_assumed) q
           (id text, key text, kind text, value text, config_version bigint, member uuid,
            member_version bigint, account_version bigint, open_issuances bigint, claim bytea)
      left join member_address d
             on d.tenant_id = p_owner and d.kind = q.kind and d.value = q.value
      left join member m on m.tenant_id = p_owner and m.id = d.member_id
      left join account w on w.tenant_id = p_owner and w.member_id = d.member_id
     where q.config_version <> (select config_version from tenant where id = p_owner)
        or q.member is distinct from d.member_id
        or q.member_version is distinct from m.version
        or q.account_version is distinct from w.version
        or (select true from command_log c
             where c.tenant_id = p_owner and c.key = q.key limit 1)
        or (select true from address_stop s
             where s.tenant_id = p_owner and s.kind = q.kind and s.value = q.value and s.stopped
             limit 1)
        or q.kind = 'msisdn' and (
           select true from staff f
            where f.tenant_id = p_owner and f.phone = q.value and f.active limit 1)
        or (select true from notice n
             where n.tenant_id = p_owner and n.member_id = q.member and n.state = 'waiting'
             limit 1)
        or q.id <> (
           select subject_id::text from directory
            where address_hash = q.claim and subject_kind = 'session'
              and (expires_at is null or expires_at > now())
            order by tenant_id, subject_id limit 1)
        or q.open_issuances <> (
           select count(*) from issuance i
            where i.tenant_id = p_owner and i.member_id = q.member
              and i.state in ('reserved', 'issued'));
    return v_outdated;
end
$$;

-- As before; what turns assumed is looked at first.
create or replace function commit_menus_v1(p_flight jsonb) returns text[]
language plpgsql volatile security invoker
set enable_hashjoin = off set enable_mergejoin = off set lock_timeout = '500ms' as $$
declare
    v_stale text[];
    v_outdated text[];
    f record;
begin
    perform set_config('synchronous_commit', 'off', true);
    for f in
        select owner, turns, assumed
          from jsonb_to_recordset(p_flight) x (owner uuid, turns jsonb, assumed jsonb)
         order by owner
    loop
        if f.assumed is not null then
            perform set_config('app.tenant_id', f.owner::text, true);
            v_outdated := outdated_v1(f.owner, f.assumed);
            if v_outdated is not null then
                select array_agg(t ->> 'key') filter (where t ->> 'id' = any (v_outdated)),
                       jsonb_agg(t) filter (where t ->> 'id' <> all (v_outdated))
                  into v_outdated, f.turns
                  from jsonb_array_elements(f.turns) t;
                v_stale := v_stale || v_outdated;
                continue when f.turns is null;
            end if;
        end if;
        v_stale := v_stale || commit_talks_v1(f.owner, f.turns);
    end loop;
    return v_stale;
end
$$;

-- As before; a conversation whose turn assumed what is otherwise by now does not fit either.
create or replace function lock_set_v1(p_flight jsonb) returns text[]
language plpgsql volatile security invoker as $$
declare
    v_all text[];
    v_unfit text[];
    f record;
begin
    for f in
        select owner, turns, assumed
          from jsonb_to_recordset(p_flight) x (owner uuid, turns jsonb, assumed jsonb)
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
        if f.assumed is not null then
            v_all := v_all || outdated_v1(f.owner, f.assumed);
        end if;
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
