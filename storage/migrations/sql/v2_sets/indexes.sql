-- Each of these is read for one purpose only, and says so: the others that begin with the tenant were
-- taken in its place where PostgreSQL had not counted the table yet, and a whole shop's issuances
-- were read to count one member's. The times are never null; whoever asks by time implies that.
-- Issuances are sought by their reward only to compare stock (verify.stocks), and few have a hold.
--
-- Built beside the old ones, while turns read on; readers wait for the names to change hands only,
-- and where somebody holds the table this gives up, to be run again, before turns queue behind it.
set local lock_timeout = '2s';
create index issuance_due_new on issuance (tenant_id, expires_at)
    where state in ('reserved', 'issued') and expires_at is not null;
create index issuance_day_new on issuance (tenant_id, reserved_at) where reserved_at is not null;
create index issuance_reward_new on issuance (tenant_id, reward_id) where stocked;
create unique index issuance_hold_new on issuance (tenant_id, hold_id) where hold_id is not null;
alter table issuance drop constraint issuance_hold_key;
drop index issuance_due, issuance_day, issuance_reward;
alter index issuance_due_new rename to issuance_due;
alter index issuance_day_new rename to issuance_day;
alter index issuance_reward_new rename to issuance_reward;
alter index issuance_hold_new rename to issuance_hold_key;
