-- Row security of every tenant table: enabled, forced, one policy by app.tenant_id
-- (docs/security.md 2, 3).
-- A setting that was never made is null and one whose transaction ended is '': both see nothing.

alter table address_stop enable row level security;
alter table address_stop force row level security;
create policy tenant on address_stop
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table command_log enable row level security;
alter table command_log force row level security;
create policy tenant on command_log
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table conversation enable row level security;
alter table conversation force row level security;
create policy tenant on conversation
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table counter enable row level security;
alter table counter force row level security;
create policy tenant on counter
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table inbound enable row level security;
alter table inbound force row level security;
create policy tenant on inbound
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table outbound enable row level security;
alter table outbound force row level security;
create policy tenant on outbound
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table programme enable row level security;
alter table programme force row level security;
create policy tenant on programme
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table staff enable row level security;
alter table staff force row level security;
create policy tenant on staff
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table tier enable row level security;
alter table tier force row level security;
create policy tenant on tier
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table member enable row level security;
alter table member force row level security;
create policy tenant on member
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table reward enable row level security;
alter table reward force row level security;
create policy tenant on reward
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table account enable row level security;
alter table account force row level security;
create policy tenant on account
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table channel_secret enable row level security;
alter table channel_secret force row level security;
create policy tenant on channel_secret
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table channel_setting enable row level security;
alter table channel_setting force row level security;
create policy tenant on channel_setting
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table consent enable row level security;
alter table consent force row level security;
create policy tenant on consent
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table member_address enable row level security;
alter table member_address force row level security;
create policy tenant on member_address
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table notice enable row level security;
alter table notice force row level security;
create policy tenant on notice
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table stock enable row level security;
alter table stock force row level security;
create policy tenant on stock
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table hold enable row level security;
alter table hold force row level security;
create policy tenant on hold
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table transfer enable row level security;
alter table transfer force row level security;
create policy tenant on transfer
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table entry enable row level security;
alter table entry force row level security;
create policy tenant on entry
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table issuance enable row level security;
alter table issuance force row level security;
create policy tenant on issuance
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table lot enable row level security;
alter table lot force row level security;
create policy tenant on lot
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table purchase enable row level security;
alter table purchase force row level security;
create policy tenant on purchase
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table lot_use enable row level security;
alter table lot_use force row level security;
create policy tenant on lot_use
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table till_code enable row level security;
alter table till_code force row level security;
create policy tenant on till_code
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

-- A directory row is seen only by who knows its address; whoever runs `delete from directory`
-- without a condition deletes the rows that have expired and sees none.
create function app_address() returns bytea language sql stable parallel safe as $$
    select decode(nullif(current_setting('app.address', true), ''), 'hex')
$$;
alter table directory enable row level security;
alter table directory force row level security;
create policy by_address on directory for select using (address_hash = app_address());
create policy known_address on directory for insert with check (address_hash = app_address());
create policy expired on directory for delete using (expires_at < now());
