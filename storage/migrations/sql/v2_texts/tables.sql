-- A shop's own words in place of the catalogue's: per language and English text, one form or one
-- for each plural form of the language.
create table text_override (
    tenant_id uuid not null,
    language text not null,
    message text not null,
    forms text[] not null,
    constraint text_override_pkey primary key (tenant_id, language, message),
    constraint text_override_said check (cardinality(forms) > 0),
    constraint text_override_of_a_shop
        check (tenant_id <> '00000000-0000-7000-8000-000000000000')
);
alter table text_override enable row level security;
alter table text_override force row level security;
create policy tenant on text_override
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
