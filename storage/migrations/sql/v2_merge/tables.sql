-- Two memberships that become one: what a merged member is, what came by a link, and the transfers
-- and lots that belong together.
alter table member drop constraint member_status;
alter table member add constraint member_status
    check (status in ('active', 'left', 'blocked', 'merged'));
alter table member add column merged_into uuid;
alter table member add constraint member_merged
    check ((status = 'merged') = (merged_into is not null));
alter table member add constraint member_merged_into_fkey
    foreign key (tenant_id, merged_into) references member (tenant_id, id);
create index member_merged_into on member (tenant_id, merged_into) where merged_into is not null;

alter table transfer drop constraint transfer_code;
alter table transfer add constraint transfer_code check (
    code in ('earn', 'bonus', 'redeem', 'expire', 'refund', 'reverse', 'merge'));
alter table transfer add column linked_id uuid;
create index transfer_linked on transfer (tenant_id, linked_id) where linked_id is not null;
alter table entry drop constraint entry_system;
alter table entry add constraint entry_system
    check (system in ('issuance', 'redeemed', 'breakage', 'merge'));
alter table lot add column origin_id uuid;
alter table lot add constraint lot_origin_id_fkey
    foreign key (tenant_id, origin_id) references lot (tenant_id, id);
alter table till_code drop constraint till_code_kind;
alter table till_code add constraint till_code_kind
    check (kind in ('member', 'issuance', 'link'));

create table member_link (
    tenant_id uuid not null,
    id uuid not null,
    member_id uuid not null,
    other_id uuid,
    ref text not null,
    points bigint not null,
    lifetime_earned bigint not null,
    lifetime_spent bigint not null,
    visits bigint not null,
    tier_id uuid,
    joined_at timestamptz not null,
    addresses jsonb not null,
    at timestamptz not null,
    undone_at timestamptz,
    undone_by uuid,
    undone_points bigint,
    constraint member_link_pkey primary key (tenant_id, id),
    constraint member_link_of_a_shop
        check (tenant_id <> '00000000-0000-7000-8000-000000000000'),
    constraint member_link_two check (member_id <> other_id),
    constraint member_link_undone check (
        (undone_at is null) = (undone_by is null)
        and (undone_at is null) = (undone_points is null)),
    constraint member_link_member_id_fkey
        foreign key (tenant_id, member_id) references member (tenant_id, id),
    constraint member_link_other_id_fkey
        foreign key (tenant_id, other_id) references member (tenant_id, id),
    constraint member_link_tier_id_fkey
        foreign key (tenant_id, tier_id) references tier (tenant_id, id),
    constraint member_link_undone_by_fkey
        foreign key (tenant_id, undone_by) references staff (tenant_id, id)
);
create index member_link_member on member_link (tenant_id, member_id, at) where undone_at is null;
alter table member_link enable row level security;
alter table member_link force row level security;
create policy tenant on member_link
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
