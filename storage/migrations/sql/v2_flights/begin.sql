-- Many snapshots of one moment in one call: each read alone under its own tenant by the one-turn
-- function, so that isolation rests on one setting per turn (docs/architecture.md, Flights). The
-- answer is a JSON array in the order of the asks.
create function begin_many_v1(p_asks jsonb) returns text
language plpgsql stable security invoker as $$
declare
    v_all text[] := '{}';
    a record;
begin
    for a in
        select * from jsonb_to_recordset(p_asks) x
            (owner uuid, tenant uuid, conversation uuid, kind text, value text, key text,
             claim text, session text, address text)
    loop
        v_all := v_all || begin_v2(
            a.owner, a.tenant, a.conversation, a.kind, a.value, a.key, decode(a.claim, 'base64'),
            a.session, decode(a.address, 'base64'));
    end loop;
    return '[' || array_to_string(v_all, ',') || ']';
end
$$;
