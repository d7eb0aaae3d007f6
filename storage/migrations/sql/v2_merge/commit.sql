-- A turn's whole outcome in one call: 'ok', or 'stale' with nothing written.
--
-- Locks are taken in the order of the whole house: conversation, accounts by id, command log,
-- then what hangs on them, stock last. Versions are compared before anything is written; the
-- conditions of the other moves are checked as they are made, and a broken one raises MT001,
-- which undoes all. The tenant is an argument, never read from the document.
create function commit_v3(
    p_owner uuid,
    p_tenant uuid,       -- null or the platform: only a STOP may change
    p_durable boolean,
    p_turn jsonb,        -- command, conversation, claim, outbound, inbound_id
    p_changes jsonb      -- part → rows, or null
) returns text language plpgsql volatile security invoker set lock_timeout = '500ms' as $$
declare
    v_tenant constant uuid := nullif(
        coalesce(p_tenant, p_owner), '00000000-0000-7000-8000-000000000000');
    v_foreign constant boolean := coalesce(v_tenant <> p_owner, false);
    c record;
begin
    if not p_durable then
        perform set_config('synchronous_commit', 'off', true);
    end if;
    perform set_config('app.tenant_id', p_owner::text, true);
    if v_foreign and p_owner <> '00000000-0000-7000-8000-000000000000' then
        raise exception 'only the platform''s channels lead to another tenant'
            using errcode = 'MT003';
    end if;
    if p_turn - '{command,conversation,claim,outbound,inbound_id}'::text[] <> '{}' then
        raise exception 'the turn has other keys' using errcode = 'MT003';
    end if;
    select * into c from jsonb_to_record(p_turn -> 'conversation') x
        (id uuid, version bigint, channel_id uuid, sender jsonb, at_tenant uuid, session text,
         carrier_session text, heard_len integer, heard_mac text, open boolean,
         opened_at timestamptz, last_at timestamptz, last_in_at timestamptz);

    if p_changes is not null then
        if not accounts_fit_v1(p_owner, v_tenant, c.id, c.version, p_changes) then
            return 'stale';
        end if;
    end if;
    if c.id is not null then
        if not commit_conversation_v1(p_owner, p_turn -> 'claim', c) then
            return 'stale';
        end if;
    end if;
    if not commit_command_v1(p_owner, v_tenant, c.id, p_turn -> 'command') then
        -- Somebody wrote this key first. Without a conversation nothing is written yet.
        if c.id is null then return 'stale'; end if;
        perform stale_v1('command_log');
    end if;

    if p_changes is not null then
        if v_foreign then
            perform set_config('app.tenant_id', v_tenant::text, true);
        end if;
        perform commit_changes_v3(v_tenant, p_changes - 'address_stopped');
        if v_foreign then
            perform set_config('app.tenant_id', p_owner::text, true);
        end if;
        if p_changes ? 'address_stopped' then
            perform commit_stops_v1(p_owner, p_changes -> 'address_stopped');
        end if;
    end if;
    if p_turn ? 'outbound' then
        perform commit_outgoing_v1(p_owner, p_turn -> 'outbound');
    end if;
    if p_turn ? 'inbound_id' then
        update inbound set body_enc = null, handled_at = now()
         where tenant_id = p_owner and id = (p_turn ->> 'inbound_id')::uuid;
    end if;
    return 'ok';
end
$$;

-- Hands the changes to their parts, in the order of locks and foreign keys.
create function commit_changes_v3(p_tenant uuid, p_changes jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    members constant text[] :=
        '{member,member_address,consent,account,member_moved,counter_moved}';
    ledger constant text[] :=
        '{hold,transfer,lot,lot_use,purchase,account_moved,lot_moved,lot_restored,hold_moved,'
        'purchase_reversed}';
    rewards constant text[] := '{issuance,issuance_moved,till_code,code_used}';
    notices constant text[] := '{notice,notice_moved}';
    links constant text[] :=
        '{member_link,member_merged,address_moved,belongings_moved,link_undone}';
    alone constant text[] := '{address_listed,stock_moved}';
begin
    if p_changes = '{}' then
        return;
    elsif p_tenant is null then
        raise exception 'the platform has no members' using errcode = 'MT003';
    elsif p_changes - (
        members || ledger || rewards || notices || links || alone) <> '{}' then
        raise exception 'the changes have other parts: %',
            (select array_agg(k order by k) from jsonb_object_keys(p_changes) k)
            using errcode = 'MT003';
    end if;
    if p_changes ?| members then
        perform commit_members_v1(p_tenant, p_changes);
    end if;
    if p_changes ? 'address_listed' then
        perform commit_listed_v2(p_tenant, p_changes -> 'address_listed');
    end if;
    if p_changes ?| ledger then
        perform commit_ledger_v3(p_tenant, p_changes);
    end if;
    if p_changes ?| rewards then
        perform commit_rewards_v1(p_tenant, p_changes);
    end if;
    if p_changes ?| notices then
        perform commit_notices_v1(p_tenant, p_changes);
    end if;
    if p_changes ?| links then
        perform commit_links_v3(p_tenant, p_changes);
    end if;
    if p_changes ? 'stock_moved' then
        perform commit_stock_v1(p_tenant, p_changes -> 'stock_moved');
    end if;
end
$$;
