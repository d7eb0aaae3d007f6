-- Who can be found by their address, and who should be: by subject only, without any address.
grant select on directory, member_address, staff to maita_reports;
set local role maita_reports;

create view verify.listings as
select tenant_id, subject_kind, subject_id, count(*) as listed
  from public.directory where subject_kind in ('member', 'staff') group by 1, 2, 3;

create view verify.reachable as
select m.tenant_id, 'member' as subject_kind, m.id as subject_id,
       case when m.status = 'active' then count(a.value) else 0 end as addresses
  from public.member m
  left join public.member_address a on a.tenant_id = m.tenant_id and a.member_id = m.id
 group by m.tenant_id, m.id
union all
select tenant_id, 'staff', id, active::int from public.staff;

reset role;
