-- The conversation of one turn and the log of its command.

-- Locks the conversation, then the accounts by id (the document holds them sorted), and compares
-- their versions; false: somebody was faster. An account that the turn itself adds is not there.
create function accounts_fit_v1(
    p_owner uuid, p_tenant uuid, p_conversation uuid, p_version bigint, p_changes jsonb
) returns boolean language plpgsql volatile security invoker as $$
declare
    v_version bigint;
    r record;
begin
    if p_conversation is not null then
        select version into v_version
          from conversation where tenant_id = p_owner and id = p_conversation
           for no key update;
        if coalesce(v_version, 0) <> p_version then return false; end if;
    end if;
    if p_changes ? 'account_moved' then
        perform set_config('app.tenant_id', p_tenant::text, true);
        for r in
            select id, version
              from jsonb_to_recordset(p_changes -> 'account_moved') n (id uuid, version bigint)
        loop
            select version into v_version
              from account where tenant_id = p_tenant and id = r.id
               for no key update;
            if found and v_version <> r.version then return false; end if;
        end loop;
        perform set_config('app.tenant_id', p_owner::text, true);
    end if;
    return true;
end
$$;

-- Writes the conversation at the version after the one that was read (0: it is new), and whose
-- the carrier's session is; false: somebody was faster, nothing is written.
create function commit_conversation_v1(p_owner uuid, p_claim jsonb, c record) returns boolean
language plpgsql volatile security invoker as $$
begin
    if c.version = 0 then
        insert into conversation (
            tenant_id, id, channel_id, version, sender_kind, sender, at_tenant, session,
            carrier_session, heard_len, heard_mac, open, opened_at, last_at, last_in_at)
        values (
            p_owner, c.id, c.channel_id, 1, c.sender ->> 'kind', c.sender ->> 'value',
            c.at_tenant, decode(c.session, 'base64'), c.carrier_session, c.heard_len,
            decode(c.heard_mac, 'base64'), c.open, c.opened_at, c.last_at, c.last_in_at)
        on conflict do nothing;
    else
        update conversation
           set version = c.version + 1, at_tenant = c.at_tenant,
               session = decode(c.session, 'base64'), carrier_session = c.carrier_session,
               heard_len = c.heard_len, heard_mac = decode(c.heard_mac, 'base64'),
               open = c.open, opened_at = c.opened_at, last_at = c.last_at,
               last_in_at = c.last_in_at
         where tenant_id = p_owner and id = c.id and version = c.version;
    end if;
    if not found then return false; end if;
    if p_claim is not null then
        perform set_config(
            'app.address', encode(decode(p_claim #>> '{}', 'base64'), 'hex'), true);
        insert into directory (address_hash, tenant_id, subject_kind, subject_id, expires_at)
        values (decode(p_claim #>> '{}', 'base64'), p_owner, 'session', c.id,
                now() + interval '1 hour')
        on conflict do nothing;
    end if;
    return true;
end
$$;

-- Idempotency and audit under the channel's owner, where begin looks; a reference is also found
-- under the tenant it belongs to. False: the key is taken.
create function commit_command_v1(
    p_owner uuid, p_tenant uuid, p_conversation uuid, p_command jsonb
) returns boolean language plpgsql volatile security invoker as $$
declare
    v_here constant boolean := coalesce(p_tenant = p_owner, true);
    r record;
begin
    if p_command - '{key,command,input_hash,ref,answer}'::text[] <> '{}' then
        raise exception 'the command has other keys' using errcode = 'MT003';
    end if;
    select * into r from jsonb_to_record(p_command) x
        (key text, command text, input_hash text, ref text, answer text);
    insert into command_log (
        tenant_id, key, command, input_hash, ref, conversation_id, answer)
    values (p_owner, r.key, r.command, decode(r.input_hash, 'base64'),
            case when v_here then r.ref end, p_conversation, decode(r.answer, 'base64'))
    on conflict (tenant_id, key) do nothing;
    if not found then return false; end if;
    if not v_here and r.ref is not null then
        perform set_config('app.tenant_id', p_tenant::text, true);
        insert into command_log (tenant_id, key, command, input_hash, ref, conversation_id)
        values (p_tenant, r.key, r.command, decode(r.input_hash, 'base64'), r.ref,
                p_conversation);
        perform set_config('app.tenant_id', p_owner::text, true);
    end if;
    return true;
end
$$;
