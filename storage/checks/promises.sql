-- What must always hold of the data, read through the schema `verify` (docs/domain.md 4,
-- Invariants; docs/contract.md, `maita verify`). Each query names what breaks its sentence.

-- ledger_zero: every transfer has two entries of its amount that come to nothing
select transfer_id::text as name from verify.ledger_sums
 where entries <> 2 or total <> 0 or moved <> amount

-- balance_match: a balance is what its entries come to, then and now
select account_id::text as name from verify.balances where posted <> entries_total
union
select account_id::text
  from (select tenant_id, account_id, balance_after, account_version,
               sum(amount) over (partition by tenant_id, account_id
                                 order by account_version) as total
          from verify.entries where account_id is not null) e
 group by tenant_id, account_id, account_version
having not bool_or(balance_after = total)

-- lots_match: points that can be spent lie in lots, and what left a lot is in its uses
select account_id::text as name from verify.balances where lots_remaining <> available
union
select lot_id::text from verify.lots where amount - remaining <> used

-- holds_match: points set aside lie in open holds, and a hold was posted as its transfers say
select account_id::text as name from verify.balances where held <> holds_open
union
select hold_id::text from verify.holds
 where state = 'open' and used <> amount
    or transferred <> case when state = 'posted' then posted_amount else 0 end

-- no_negative: nothing is below its floor or above its ceiling
select account_id::text as name from verify.balances where least(available, held, pending) < 0
union all
select lot_id::text from verify.lots where remaining not between 0 and amount
union all
select hold_id::text from verify.holds where posted_amount not between 0 and amount
union all
select reward_id::text from verify.stocks where available not between 0 and total

-- liability: what members have is what the system's accounts are short of
select tenant_id::text as name
  from verify.tenants t
 where (select coalesce(sum(posted), 0) from verify.balances b where b.tenant_id = t.tenant_id)
    <> (select -coalesce(sum(amount), 0) from verify.entries e
         where e.tenant_id = t.tenant_id and e.system is not null)

-- voucher_once: an issuance has one live code at most, and a used code was used for it
select issuance_id::text as name from verify.vouchers
 where codes_live > 1 or codes_used > 1 or codes_used > 0 and state <> 'redeemed'
    or codes_live > 0 and state = 'reserved'

-- issuance_match: an issuance's state agrees with its times and with its hold
select issuance_id::text as name from verify.vouchers
 where (state in ('issued', 'redeemed') and issued_at is null)
    or ((state = 'redeemed') <> (redeemed_at is not null))
    or ((state in ('rejected', 'cancelled', 'expired')) <> (closed_at is not null))
    or (hold_id is not null and hold_state not in (
        case when state = 'reserved' then 'open' when issued_at is not null then 'posted'
             else 'voided' end,
        case when state = 'expired' then 'expired' else '' end))

-- stock_match: what is not on the shelf is with members
select reward_id::text as name from verify.stocks where available <> total - taken

-- opkey_once: every change of value belongs to exactly one operation
select e.ref as name
  from (select distinct tenant_id, ref from verify.effects) e
  left join verify.operations o on o.tenant_id = e.tenant_id and o.ref = e.ref
 group by e.tenant_id, e.ref
having count(o.key) <> 1

-- holds_ended: no hold is open an hour after its end
select hold_id::text as name from verify.holds
 where state = 'open' and expires_at < now() - interval '1 hour'

-- merged_empty: a merged member has nothing, is reached by nobody, and is whose a link says
select m.member_id::text as name from verify.memberships m
 where m.status = 'merged'
   and (greatest(m.posted, m.held, m.pending, m.lifetime_earned, m.lifetime_spent, m.visits,
                 m.addresses, m.issuances_open) > 0
        or m.merged_into = m.member_id
        or (select count(*) from verify.links l
             where l.tenant_id = m.tenant_id and l.other_id = m.member_id
               and l.member_id = m.merged_into and l.undone_at is null) <> 1)
union all
select l.link_id::text
  from verify.links l
  join verify.memberships m on m.tenant_id = l.tenant_id and m.member_id = l.other_id
 where l.undone_at is null and m.merged_into is distinct from l.member_id

-- linked_zero: what one member gives in a link the other takes, as the link says
select coalesce(s.linked_id::text, 'no link') as name
  from verify.linked_sums s
  left join verify.links l on l.tenant_id = s.tenant_id and l.link_id = s.linked_id
 where s.kept <> 0 or s.total <> 0 or s.accounts <> 2 or mod(s.transfers, 2) <> 0
    or s.came is distinct from l.points - coalesce(l.undone_points, 0)

-- moved_lots: points that moved keep the end they had, and are no more than were there
select lot_id::text as name from verify.moved_lots
 where account_id = origin_account_id or amount > origin_amount
    or expires_at is distinct from origin_expires_at

-- outbox_settled: every message that waits to be sent has a job that will send it, or had one
select outbound_id::text as name from verify.outbox
 where state = 'queued' and created_at < now() - interval '5 minutes'
    or state = 'unknown' and updated_at < now() - interval '1 day'
 group by outbound_id
having not coalesce(bool_or(job_state in ('ready', 'leased', 'dead')), false)

-- session_sane: a conversation is one that our code can have written
select conversation_id::text as name
  from verify.conversations c
  left join verify.tenants t on t.tenant_id = c.at_tenant
 where c.version < 1 or c.session_bytes > 65536 or c.heard_len < 0
    or c.heard_len > 0 and not c.heard or c.opened_at > c.last_at
    or c.last_at > now() + interval '5 minutes'
    or c.at_tenant is not null and coalesce(t.status, 'platform') = 'platform'

-- at_tenant_shared: a conversation is led to a shop by a shared address only
select c.conversation_id::text as name
  from verify.conversations c
  join verify.tenants t on t.tenant_id = c.tenant_id
 where c.at_tenant is not null and t.status <> 'platform'

-- platform_bare: nobody is a member of the platform, and nothing of value lies there
select b.account_id::text as name
  from verify.balances b join verify.tenants t using (tenant_id) where t.status = 'platform'
union all
select e.id::text from verify.effects e join verify.tenants t using (tenant_id)
 where t.status = 'platform'

-- directory_match: whoever is a member or staff is found by each address of theirs, nobody else is
select subject_id::text as name
  from verify.reachable r
  full join verify.listings l using (tenant_id, subject_kind, subject_id)
 where coalesce(r.addresses, 0) <> coalesce(l.listed, 0)

-- texts_dropped: what people wrote is gone once it was answered
select inbound_id::text as name from verify.messages where handled_at is not null and kept

-- durability_settings: what was acknowledged is on the disk, for everybody
select name || ' = ' || setting || ' (' || source || ')' as name from verify.settings
 where name in ('fsync', 'full_page_writes', 'synchronous_commit')
   and setting not in ('on', 'remote_apply', 'remote_write')
