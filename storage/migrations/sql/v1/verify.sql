-- What `maita verify` and auditors read: all tenants, no personal data, no text, no secret. The
-- views belong to a role that bypasses row security and that nobody can log in as; one other role
-- may read them (docs/security.md 2, docs/contract.md `maita verify`).
grant usage on schema public to maita_reports;
grant select on
    tenant, channel, job, account, transfer, entry, lot, lot_use, hold, purchase, issuance,
    till_code, reward, stock, member, conversation, inbound, outbound, notice, command_log
    to maita_reports;
create schema verify authorization maita_reports;
set local role maita_reports;

create view verify.tenants as
select id as tenant_id, slug, status, config_version from public.tenant;

-- One row a transfer: two entries that come to nothing.
create view verify.ledger_sums as
select t.tenant_id, t.id as transfer_id, t.code, t.amount, t.ref, t.at, t.hold_id, t.reverses,
       count(e.side) as entries, coalesce(sum(e.amount), 0)::bigint as total,
       coalesce(max(e.amount), 0) as moved
  from public.transfer t
  left join public.entry e on e.tenant_id = t.tenant_id and e.transfer_id = t.id
 group by t.tenant_id, t.id;

create view verify.entries as
select tenant_id, transfer_id, side, account_id, system, amount, balance_after, account_version, at
  from public.entry;

-- One row a member account: what it says, and what its entries, lots and holds say.
create view verify.balances as
select a.tenant_id, a.id as account_id, a.version, a.posted, a.held, a.pending,
       a.posted - a.held as available, a.lifetime_earned, a.lifetime_spent, a.visits,
       coalesce(e.total, 0)::bigint as entries_total,
       coalesce(l.remaining, 0)::bigint as lots_remaining,
       coalesce(h.amount, 0)::bigint as holds_open
  from public.account a
  left join (select tenant_id, account_id, sum(amount) as total
               from public.entry where account_id is not null group by 1, 2) e
    on e.tenant_id = a.tenant_id and e.account_id = a.id
  left join (select tenant_id, account_id, sum(remaining) as remaining
               from public.lot group by 1, 2) l
    on l.tenant_id = a.tenant_id and l.account_id = a.id
  left join (select tenant_id, account_id, sum(amount) as amount
               from public.hold where state = 'open' group by 1, 2) h
    on h.tenant_id = a.tenant_id and h.account_id = a.id;

create view verify.lots as
select l.tenant_id, l.id as lot_id, l.account_id, l.amount, l.remaining, l.expires_at,
       coalesce(u.used, 0)::bigint as used
  from public.lot l
  left join (select tenant_id, lot_id, sum(amount - restored) as used
               from public.lot_use group by 1, 2) u
    on u.tenant_id = l.tenant_id and u.lot_id = l.id;

create view verify.holds as
select h.tenant_id, h.id as hold_id, h.account_id, h.amount, h.posted_amount, h.state,
       h.expires_at, coalesce(u.used, 0)::bigint as used,
       coalesce(t.posted, 0)::bigint as transferred
  from public.hold h
  left join (select tenant_id, hold_id, sum(amount - restored) as used
               from public.lot_use where hold_id is not null group by 1, 2) u
    on u.tenant_id = h.tenant_id and u.hold_id = h.id
  left join (select tenant_id, hold_id, sum(amount) as posted
               from public.transfer where hold_id is not null group by 1, 2) t
    on t.tenant_id = h.tenant_id and t.hold_id = h.id;

-- One row a committed command; its key as a hash only.
create view verify.operations as
select tenant_id, md5(key) as key, command, ref, conversation_id, created_at
  from public.command_log;

-- What a reference was given for; every one belongs to one operation of its tenant.
create view verify.effects as
select tenant_id, ref, 'transfer' as kind, id, at from public.transfer
union all
select tenant_id, ref, 'purchase', id, at from public.purchase
union all
select tenant_id, ref, 'issuance', id, reserved_at from public.issuance;

-- One row an issuance, with the codes that could still be used for it.
create view verify.vouchers as
select i.tenant_id, i.id as issuance_id, i.reward_id, i.state, i.stocked, i.points, i.hold_id,
       h.state as hold_state, i.reserved_at, i.issued_at, i.redeemed_at, i.closed_at, i.expires_at,
       (select count(*) from public.till_code c
         where c.tenant_id = i.tenant_id and c.issuance_id = i.id and c.used_at is null
           and c.expires_at > now()) as codes_live,
       (select count(*) from public.till_code c
         where c.tenant_id = i.tenant_id and c.issuance_id = i.id and c.used_at is not null)
           as codes_used
  from public.issuance i
  left join public.hold h on h.tenant_id = i.tenant_id and h.id = i.hold_id;

create view verify.stocks as
select s.tenant_id, s.reward_id, s.total, s.available,
       (select count(*) from public.issuance i
         where i.tenant_id = s.tenant_id and i.reward_id = s.reward_id and i.stocked
           and i.state in ('reserved', 'issued', 'redeemed')) as taken
  from public.stock s;

-- Budgets and the audit chain are not built yet: their views keep their place.
create view verify.budgets as
select null::uuid as tenant_id, null::uuid as budget_id, null::bigint as funded,
       null::bigint as reserved, null::bigint as utilized, null::bigint as spent
 where false;

create view verify.chain as
select null::uuid as tenant_id, null::bigint as seq, null::bytea as hash, null::bytea as previous
 where false;

create view verify.outbox as
select o.tenant_id, o.id as outbound_id, o.channel_id, o.state, o.attempts, o.parts_sent,
       o.created_at, o.updated_at, j.id as job_id, j.state as job_state, j.run_at as job_run_at
  from public.outbound o
  left join public.job j on j.subject = o.id;

create view verify.conversations as
select tenant_id, id as conversation_id, channel_id, version, at_tenant, open, heard_len,
       heard_mac is not null as heard, length(session) as session_bytes, opened_at, last_at
  from public.conversation;

create view verify.messages as
select tenant_id, id as inbound_id, channel_id, conversation_id, received_at, handled_at,
       body_enc is not null as kept
  from public.inbound;

create view verify.settings as
select name, setting, source
  from pg_settings
 where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'server_version',
                'data_checksums', 'wal_level', 'archive_mode', 'row_security')
union all
select split_part(each, '=', 1), split_part(each, '=', 2), 'role or database'
  from pg_db_role_setting, unnest(setconfig) each
 where split_part(each, '=', 1) in ('fsync', 'full_page_writes', 'synchronous_commit');

create view verify.rls as
select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
       array(select p.polname::text || ': ' || pg_get_expr(
                 coalesce(p.polqual, p.polwithcheck), p.polrelid)
               from pg_policy p where p.polrelid = c.oid order by 1) as policies
  from pg_class c
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p');

reset role;
