-- The reserved tenant that owns the channels several tenants share; nobody is its member.
insert into tenant (id, slug, name, status)
values ('00000000-0000-7000-8000-000000000000', 'platform', 'Maita', 'platform');
select set_config('app.tenant_id', '00000000-0000-7000-8000-000000000000', true);
insert into programme (tenant_id, region, currency, timezone)
values ('00000000-0000-7000-8000-000000000000', 'ZW', 'USD', 'Africa/Harare');
select set_config('app.tenant_id', '', true);
