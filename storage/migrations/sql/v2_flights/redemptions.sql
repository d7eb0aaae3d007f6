-- What redeeming needs beside the caller, for many at once: a JSON array of the asks' places `i`
-- with the lots that have points left, what is left of the reward where stock limits it, the
-- member's wrong PINs and the version of the account that all this belongs to. The asks are
-- [{tenant, asks}], each tenant's read under its own setting.
create function redemptions_v1(p_asks jsonb) returns text
language plpgsql stable security invoker
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_all text;
    v_told text;
    t record;
begin
    for t in select * from jsonb_to_recordset(p_asks) x (tenant uuid, asks jsonb) loop
        perform set_config('app.tenant_id', t.tenant::text, true);
        select string_agg(concat(
            '{"i":', q.i, ',"version":', coalesce(w.version::text, 'null'),
            ',"stock":', coalesce((
                select s.available from reward r
                  join stock s on s.tenant_id = t.tenant and s.reward_id = r.id
                 where r.tenant_id = t.tenant and r.id = q.reward and r.stocked)::text, 'null'),
            ',"tries":', coalesce((
                select json_build_object(
                           'scope', scope, 'subject', subject, 'n', n, 'until', until,
                           'stored', true)
                  from counter
                 where tenant_id = t.tenant and scope = 'pin' and subject = q.member)::text,
                'null'),
            ',"lots":[', (
                select string_agg(concat(
                           '{"id":"', id, '","account_id":"', account_id, '","amount":', amount,
                           ',"remaining":', remaining, ',"created_at":', to_json(created_at),
                           ',"expires_at":', coalesce(to_json(expires_at)::text, 'null'), '}'),
                           ',' order by expires_at nulls last, id)
                  from lot
                 where tenant_id = t.tenant and account_id = q.account and remaining > 0),
            ']}'), ',')
          into v_told
          from jsonb_to_recordset(t.asks) q (i integer, account uuid, reward uuid, member text)
          left join account w on w.tenant_id = t.tenant and w.id = q.account;
        v_all := concat_ws(',', v_all, v_told);
    end loop;
    return '[' || v_all || ']';
end
$$;
