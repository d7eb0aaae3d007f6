-- Each of these is read for one purpose only, and says so: the others that begin with the tenant were
-- taken in its place where PostgreSQL had not counted the table yet, and a whole shop's issuances
-- were read to count one member's. The times are never null; whoever asks by time implies that.
drop index issuance_due;
create index issuance_due on issuance (tenant_id, expires_at)
    where state in ('reserved', 'issued') and expires_at is not null;
drop index issuance_day;
create index issuance_day on issuance (tenant_id, reserved_at) where reserved_at is not null;

-- Issuances are sought by their reward only to compare stock (verify.stocks), and few have a hold.
drop index issuance_reward;
create index issuance_reward on issuance (tenant_id, reward_id) where stocked;
alter table issuance drop constraint issuance_hold_key;
create unique index issuance_hold_key on issuance (tenant_id, hold_id) where hold_id is not null;
