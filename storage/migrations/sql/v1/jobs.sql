-- A UUIDv7 of the database's clock, to the microsecond (RFC 9562, 6.2 method 3): jobs of a lane run
-- in the order of their ids.
create function new_job_id_v1() returns uuid
language sql volatile security invoker as $$
    select (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000 * 4096 / 1000), 3, '0')
            || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid
      from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us) as clock
$$;

-- Claims the heads of lanes that are due, the longest overdue first, and leases them.
--
-- The head of a lane is the job that is out on a lease, else the oldest. A job whose lease ended is
-- claimed before anything else of its lane, and buried when it took all its tries without ever
-- saying why: a worker died with it each time. An answer has fewer, since a person waits for it and
-- for what they said next.
--
-- A queue is empty nearly always and long when it matters, so statistics never fit: the settings
-- keep to the indexes, and the heads are subqueries and no joins, so that each candidate costs one
-- look at its own lane.
create function claim_jobs_v1(
    p_limit integer, p_lease_s double precision, p_attempts_max integer, p_answer_max integer)
returns setof job
language sql volatile security invoker
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_hashagg = off
as $$
    with ready as (
        select j.id from job j
         where j.state = 'ready' and j.run_at <= now() and j.id = (
               select o.id from job o where o.lane = j.lane and o.state in ('ready', 'leased')
                order by o.state = 'leased' desc, o.id limit 1)
         order by j.run_at limit p_limit for update skip locked
    ), lost as (
        select j.id from job j
         where j.state = 'leased' and j.lease_until < now() and j.id = (
               select o.id from job o where o.lane = j.lane and o.state = 'leased'
                order by o.lease_until >= now() desc, o.id limit 1)
         order by j.lease_until limit p_limit for update skip locked
    ), taken as (
        select id from lost union all select id from ready limit p_limit
    )
    update job
       set (state, error) = (
               select case when spent then 'dead' else 'leased' end,
                      case when spent then coalesce(error, 'lease') else error end
                 from (select attempts >= case when kind = 'answer' and state = 'leased'
                              then p_answer_max else p_attempts_max end as spent) as tries),
           attempts = attempts + 1,
           lease_until = now() + make_interval(secs => p_lease_s)
     where id = any (array(select id from taken))
    returning job.*
$$;
