-- Whether an address is found in the directory as its member's: it is while the membership lasts.
create function commit_listed_v2(p_tenant uuid, p_part jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    r record;
begin
    perform refuse_unknown_v1(
        'address_listed', p_part, 'kind', 'value', 'member_id', 'listed', 'address_hash');
    for r in
        select member_id, listed, decode(address_hash, 'base64') as hash
          from jsonb_to_recordset(p_part) n (member_id uuid, listed boolean, address_hash text)
    loop
        perform set_config('app.address', encode(r.hash, 'hex'), true);
        if r.listed then
            insert into directory (address_hash, tenant_id, subject_kind, subject_id)
            values (r.hash, p_tenant, 'member', r.member_id)
            on conflict do nothing;
        else
            delete from directory
             where address_hash = r.hash and tenant_id = p_tenant
               and subject_kind = 'member' and subject_id = r.member_id;
        end if;
    end loop;
end
$$;
