-- What one address for many shops adds: sub-codes, shortcuts, a list of shops by name, and the wall
-- that keeps every row of a shop from lying under the platform.
create table sub_code (
    tenant_id uuid not null,
    channel_id uuid not null,
    digits text not null,
    at_tenant uuid not null,
    constraint sub_code_pkey primary key (tenant_id, channel_id, digits),
    constraint sub_code_at_tenant_key unique (tenant_id, channel_id, at_tenant),
    constraint sub_code_channel_id_fkey foreign key (channel_id) references channel (id),
    constraint sub_code_at_tenant_fkey foreign key (at_tenant) references tenant (id),
    constraint sub_code_digits check (digits ~ '^[1-9][0-9]{0,5}$')
);
alter table sub_code enable row level security;
alter table sub_code force row level security;
create policy tenant on sub_code
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table programme add column shortcuts jsonb not null default '{}';

-- The list of shops is read before one that has languages is chosen.
select set_config('app.tenant_id', '00000000-0000-7000-8000-000000000000', true);
update programme set languages = '{en,sn,nd,ar}'
 where tenant_id = '00000000-0000-7000-8000-000000000000';
select set_config('app.tenant_id', '', true);

create index tenant_by_name on tenant (lower(name), slug) where status = 'open';

-- A member who leaves is not found any more; the tenant takes its own rows away, and no other.
create policy unlisted on directory for delete using (
    address_hash = app_address()
    and tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
alter table directory no force row level security;
alter table member no force row level security;
delete from directory d using member m
 where d.subject_kind = 'member' and m.tenant_id = d.tenant_id and m.id = d.subject_id
   and m.status <> 'active';
alter table member force row level security;
alter table directory force row level security;

alter table member add constraint member_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table member_address add constraint member_address_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table consent add constraint consent_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table counter add constraint counter_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table account add constraint account_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table transfer add constraint transfer_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table entry add constraint entry_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table lot add constraint lot_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table lot_use add constraint lot_use_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table hold add constraint hold_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table purchase add constraint purchase_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table issuance add constraint issuance_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table till_code add constraint till_code_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table notice add constraint notice_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table tier add constraint tier_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table reward add constraint reward_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table stock add constraint stock_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
alter table staff add constraint staff_of_a_shop
    check (tenant_id <> '00000000-0000-7000-8000-000000000000');
