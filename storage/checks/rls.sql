-- What docs/security.md 2, 3, 5 and 7 ask of tables, views, functions and keys. Each query names
-- what breaks its sentence; none needs a privilege.
with t as (
    select c.oid, c.relname as name, c.relkind as kind, c.relrowsecurity as enabled,
           c.relforcerowsecurity as forced, a.attnum as tenant
      from pg_class c
      left join pg_attribute a
        on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f')
       and c.relname not in ('tenant', 'channel', 'job', 'alembic_version')
), ours as (
    select oid, nspname as name from pg_namespace
     where nspname not like 'pg\_%%' and nspname <> 'information_schema'
)

-- tenant_column: every table but the pre-tenant ones belongs to a tenant
select name from t where tenant is null

-- row_security: row security is enabled and forced on every tenant table and partition
select name from t where not (enabled and forced) or kind = 'f'

-- policy: a tenant table has the tenant's policy, and none besides
select t.name from t
 where t.name <> 'directory' and (
       select array_agg(row(p.polcmd, p.polpermissive, p.polroles::text,
                            pg_get_expr(p.polqual, p.polrelid),
                            pg_get_expr(p.polwithcheck, p.polrelid))::text)
         from pg_policy p where p.polrelid = t.oid
       ) is distinct from (
       select array[row('*', true, '{0}', rule, rule)::text]
         from (values ('(tenant_id = ( SELECT (NULLIF(current_setting(''app.tenant_id''::text, '
                       'true), ''''::text))::uuid AS tenant_id))')) v (rule))

-- directory_policy: a directory row is seen by its address only, and taken away by its tenant
select coalesce(p.name, w.cmd::text)
  from (values ('r', '(( SELECT app_addresses() AS known) @> ARRAY[address_hash])'),
               ('a', '(( SELECT app_addresses() AS known) @> ARRAY[address_hash])'),
               ('d', '(expires_at < now())'),
               ('d', '((( SELECT app_addresses() AS known) @> ARRAY[address_hash]) AND (tenant_id'
                     ' = ( SELECT (NULLIF(current_setting(''app.tenant_id''::text, true), '
                     '''''::text))::uuid AS tenant_id)))')) w (cmd, rule)
  full join (select polname as name, polcmd::text as cmd,
                    coalesce(pg_get_expr(polqual, polrelid),
                             pg_get_expr(polwithcheck, polrelid)) as rule
               from pg_policy where polrelid = to_regclass('public.directory')) p
    on p.cmd = w.cmd and p.rule = w.rule
 where p.name is null or w.cmd is null

-- views: no view over tenant tables runs with its owner's rights, but those of verify
select c.oid::regclass::text
  from pg_class c join ours n on n.oid = c.relnamespace
 where n.name <> 'verify' and (c.relkind = 'm' or c.relkind = 'v'
       and not coalesce('security_invoker=true' = any(c.reloptions), false))

-- verify_views: what lies in verify are views of a role that nobody can log in as
select c.oid::regclass::text
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace join pg_roles o on o.oid = c.relowner
 where n.nspname = 'verify' and (c.relkind <> 'v' or o.rolcanlogin or o.rolsuper)

-- functions: no function runs with its owner's rights, writes SQL at run time, or is anybody's
select p.oid::regprocedure::text
  from pg_proc p join ours n on n.oid = p.pronamespace
 where p.prosecdef or p.prosrc ~* '\mexecute\M'
    or exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                where a.grantee = 0)

-- unique_keys: no unique key of a tenant table spans tenants
select i.indexrelid::regclass::text
  from t join pg_index i on i.indrelid = t.oid
 where i.indisunique and i.indkey[0] <> t.tenant and t.name <> 'directory'

-- indexes: an index of a tenant table starts with the tenant
select i.indexrelid::regclass::text
  from t join pg_index i on i.indrelid = t.oid
  join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam
 where m.amname = 'btree' and i.indkey[0] <> t.tenant and t.name <> 'directory'

-- foreign_keys: a foreign key between tenant tables starts with the tenant on both sides
select k.conname
  from pg_constraint k join t on t.oid = k.conrelid join t p on p.oid = k.confrelid
 where k.contype = 'f' and (k.conkey[1] <> t.tenant or k.confkey[1] <> p.tenant)
