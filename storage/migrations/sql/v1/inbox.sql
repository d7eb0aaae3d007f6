-- Stores what one carrier request said to one channel: a row per new message and the job that
-- answers it, in one call. The carrier may tell the same message again, in another order and in
-- parallel: per message 'new', 'same', or 'mismatch' when its id came before with other words.
create function store_inbound_v1(p_owner uuid, p_channel uuid, p_items jsonb) returns text[]
language plpgsql volatile security invoker as $$
declare
    v_outcomes text[] := '{}';
    v_known bytea;
    r record;
begin
    perform set_config('app.tenant_id', p_owner::text, true);
    perform refuse_unknown_v1(
        'inbound', p_items, 'place', 'id', 'conversation_id', 'sender_kind', 'sender',
        'external_id', 'body', 'body_mac', 'control', 'sent_at');
    -- Two requests that hold the same messages in another order must not lock each other out.
    for r in
        select * from jsonb_to_recordset(p_items) n
            (place integer, id uuid, conversation_id uuid, sender_kind text, sender text,
             external_id text, body text, body_mac text, control text, sent_at timestamptz)
         order by external_id, place
    loop
        insert into inbound (
            tenant_id, id, channel_id, external_id, conversation_id, sender_kind, sender_enc,
            body_enc, body_mac, control, sent_at)
        values (
            p_owner, r.id, p_channel, r.external_id, r.conversation_id, r.sender_kind,
            decode(r.sender, 'base64'), decode(r.body, 'base64'), decode(r.body_mac, 'base64'),
            r.control, r.sent_at)
        on conflict (tenant_id, channel_id, external_id) do nothing;
        if found then
            insert into job (id, tenant_id, kind, lane, subject, run_at)
            values (r.id, p_owner, 'answer', r.conversation_id, r.id, now());
            v_outcomes[r.place] := 'new';
        else
            select body_mac into v_known
              from inbound
             where tenant_id = p_owner and channel_id = p_channel
               and external_id = r.external_id;
            v_outcomes[r.place] := case
                when v_known = decode(r.body_mac, 'base64') then 'same' else 'mismatch' end;
        end if;
    end loop;
    return v_outcomes;
end
$$;
