-- Members as they stand and links as they happened, without any address.
grant select on member_address, member_link to maita_reports;
set local role maita_reports;

create view verify.memberships as
select m.tenant_id, m.id as member_id, m.status, m.merged_into, a.posted, a.held, a.pending,
       a.lifetime_earned, a.lifetime_spent, a.visits,
       (select count(*) from public.member_address d
         where d.tenant_id = m.tenant_id and d.member_id = m.id) as addresses,
       (select count(*) from public.issuance s
         where s.tenant_id = m.tenant_id and s.member_id = m.id
           and s.state in ('reserved', 'issued')) as issuances_open
  from public.member m
  left join public.account a on a.tenant_id = m.tenant_id and a.member_id = m.id;

create view verify.links as
select tenant_id, id as link_id, member_id, other_id, ref, points, at, undone_at, undone_points
  from public.member_link;

-- One row a movement between two members: what went through the account `merge`, which keeps
-- nothing, and what went to the account of the member that the link made the other's.
create view verify.linked_sums as
select t.tenant_id, t.linked_id, count(distinct t.id) as transfers,
       count(distinct e.account_id) as accounts,
       coalesce(sum(e.amount) filter (where e.system = 'merge'), 0)::bigint as kept,
       coalesce(sum(e.amount) filter (where e.account_id is not null), 0)::bigint as total,
       coalesce(sum(e.amount) filter (where e.account_id = a.id), 0)::bigint as came
  from public.transfer t
  join public.entry e on e.tenant_id = t.tenant_id and e.transfer_id = t.id
  left join public.member_link l on l.tenant_id = t.tenant_id and l.id = t.linked_id
  left join public.account a on a.tenant_id = t.tenant_id and a.member_id = l.member_id
 where t.linked_id is not null or t.code = 'merge'
 group by t.tenant_id, t.linked_id;

create view verify.moved_lots as
select l.tenant_id, l.id as lot_id, l.account_id, l.amount, l.expires_at, o.id as origin_id,
       o.account_id as origin_account_id, o.amount as origin_amount,
       o.expires_at as origin_expires_at
  from public.lot l
  join public.lot o on o.tenant_id = l.tenant_id and o.id = l.origin_id;

reset role;
