-- The three calls of the carrier watch (storage/watch.py). Each goes from owner to owner under that
-- owner's own tenant setting: no row is ever read or written under another one's.

-- Two sets of counters as one: what both have is added up.
create function sum_counts_v1(a jsonb, b jsonb) returns jsonb
language sql immutable parallel safe security invoker as $$
    select coalesce(jsonb_object_agg(key, n), '{}')
      from (select key, sum(value::bigint) as n
              from (select key, value from jsonb_each_text(a)
                    union all
                    select key, value from jsonb_each_text(b)) both_of_them
             group by key) summed
$$;

-- Adds what a process counted since it last did. Statistics: nobody waits for the disk.
create function add_carrier_counts_v1(p_rows jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    v_owner uuid;
    r record;
begin
    perform set_config('synchronous_commit', 'off', true);
    perform refuse_unknown_v1(
        'carrier_hour', p_rows, 'owner', 'channel', 'network', 'hour', 'counts', 'first_at',
        'last_at');
    -- Two processes add rows of the same channels: in one order they cannot lock each other out.
    for r in
        select * from jsonb_to_recordset(p_rows) n
            (owner uuid, channel uuid, network text, hour timestamptz, counts jsonb,
             first_at timestamptz, last_at timestamptz)
         order by owner, channel, network, hour
    loop
        if r.owner is distinct from v_owner then
            perform set_config('app.tenant_id', r.owner::text, true);
            v_owner := r.owner;
        end if;
        insert into carrier_hour as h (tenant_id, channel_id, network, hour, counts)
        values (r.owner, r.channel, r.network, r.hour, r.counts)
        on conflict (tenant_id, channel_id, network, hour)
        do update set counts = sum_counts_v1(h.counts, excluded.counts);
        insert into carrier_seen as s (tenant_id, channel_id, network, first_at, last_at)
        values (r.owner, r.channel, r.network, r.first_at, r.last_at)
        on conflict (tenant_id, channel_id, network)
        do update set last_at = greatest(s.last_at, excluded.last_at);
    end loop;
end
$$;

-- The counters of these hours, summed up per channel and network; those of five minutes (`at:300`
-- in an hour) are named by the second they began at. p_like: which counters.
create function carrier_counts_v1(p_owners uuid[], p_hours timestamptz[], p_like text)
returns table (owner uuid, channel_id uuid, network text, counts jsonb)
language plpgsql stable security invoker as $$
declare
    v_owner uuid;
begin
    foreach v_owner in array p_owners loop
        perform set_config('app.tenant_id', v_owner::text, true);
        return query
            select v_owner, s.channel_id, s.network, jsonb_object_agg(s.name, s.n)
              from (select h.channel_id, h.network, sum(c.value::bigint) as n,
                           case when c.key like 'at:%'
                                then (extract(epoch from h.hour)::bigint
                                      + substr(c.key, 4)::bigint)::text
                                else c.key end as name
                      from carrier_hour h cross join lateral jsonb_each_text(h.counts) c
                     where h.tenant_id = v_owner and h.hour = any (p_hours) and c.key like p_like
                     group by 1, 2, 4) s
             group by 2, 3;
    end loop;
end
$$;

-- Every channel of these owners (null: of all) with the networks it was ever heard from; one that
-- never was has a single row without a network.
create function carriers_seen_v1(p_owners uuid[])
returns table (owner uuid, slug text, shop text, timezone text, channel_id uuid, kind text,
               address text, shown text, is_on boolean, network text, first_at timestamptz,
               last_at timestamptz, silent_since timestamptz, usual integer, window_s integer)
language plpgsql stable security invoker as $$
declare
    t record;
begin
    for t in
        select o.id, o.slug, o.name from tenant o
         where (p_owners is null or o.id = any (p_owners)) and o.status <> 'closed'
           and exists (select from channel c where c.owner = o.id)
         order by o.name, o.id
    loop
        perform set_config('app.tenant_id', t.id::text, true);
        return query
            select t.id, t.slug, t.name, p.timezone, c.id, c.kind, c.address,
                   coalesce(g.settings ->> 'display_phone_number', c.address), c.status = 'on',
                   s.network, s.first_at, s.last_at, s.silent_since, s.usual, s.window_s
              from channel c
              left join programme p on p.tenant_id = t.id
              left join channel_setting g on g.tenant_id = t.id and g.channel_id = c.id
              left join carrier_seen s on s.tenant_id = t.id and s.channel_id = c.id
             where c.owner = t.id
             order by c.kind, c.address, s.last_at desc;
    end loop;
end
$$;
