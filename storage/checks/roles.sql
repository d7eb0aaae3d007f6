-- What docs/security.md 1, 6 and 9 ask of the application's role: the one that is asked about, or
-- else every role that was granted a table and does not own it.
with app as (
    select oid, rolname as name, rolsuper or rolbypassrls or rolcreatedb or rolcreaterole
           or rolreplication as strong
      from pg_roles
     where rolname = %(app)s or %(app)s::text is null and rolname <> 'maita_reports' and oid in (
           select a.grantee from pg_class c, aclexplode(c.relacl) a
            where c.relnamespace = 'public'::regnamespace and a.grantee <> c.relowner)
), tables as (
    select oid, relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'f', 'v', 'm')
), ours as (
    select oid, nspname as name from pg_namespace
     where nspname not like 'pg\_%%' and nspname <> 'information_schema'
)

-- app_role: the application's role is there and has no power beyond its grants
select name from app where strong union all select 'none' where not exists (select from app)

-- app_member: the application's role is no other role
select g.rolname
  from app join pg_auth_members m on m.member = app.oid join pg_roles g on g.oid = m.roleid

-- app_owns: the application's role owns nothing
select d.classid::regclass || ' ' || d.objid
  from app join pg_shdepend d on d.refobjid = app.oid
 where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o'

-- app_creates: the application's role creates nothing
select 'schema ' || n.name from app, ours n where has_schema_privilege(app.oid, n.oid, 'create')
union all
select 'database' from app where has_database_privilege(app.oid, current_database(), 'create')

-- app_tables: the application's role may not truncate, reference or trigger any table
select t.name from app, tables t
 where has_table_privilege(app.oid, t.oid, 'truncate, references, trigger')

-- app_verify: the application's role cannot look past row security through verify
select c.oid::regclass::text
  from app, pg_class c join ours n on n.oid = c.relnamespace
 where n.name = 'verify' and has_table_privilege(app.oid, c.oid, 'select')

-- append_only: what is written in the ledger, the consents and the command log stays
select t.name || '.' || a.attname
  from app, tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0
 where t.name in ('transfer', 'entry', 'consent', 'command_log')
   and (has_table_privilege(app.oid, t.oid, 'delete')
        or has_column_privilege(app.oid, t.oid, a.attnum, 'update')
           and (t.name, a.attname) <> ('command_log', 'answer'))

-- ledger_triggers: the ledger refuses changes to whoever slips past the grants
select w.name
  from (values ('transfer'), ('entry')) w (name)
 where (select count(*) from pg_trigger g
         where g.tgrelid = to_regclass('public.' || w.name) and g.tgenabled in ('O', 'A')
           and g.tgfoid = to_regproc('public.ledger_is_append_only')) <> 2

-- public_grants: nothing is granted to everybody
select c.oid::regclass::text
  from pg_class c join ours n on n.oid = c.relnamespace, aclexplode(c.relacl) a
 where a.grantee = 0
