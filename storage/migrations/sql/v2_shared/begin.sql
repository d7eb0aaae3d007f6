-- The snapshot of a turn, in one call. STABLE: every statement here sees the same moment, so that
-- lots never belong to an older version than the account beside them. It locks and writes nothing.
--
-- First under the channel's owner: conversation, stored answer, STOP. Then under the tenant that
-- the turn is at: member, wallet, staff. The reserved platform tenant has neither. Only a channel
-- of the platform leads to another tenant than its owner, and only to one that is open: the one
-- told, else where the conversation is, else the only one whose member or staff the sender is.
create function begin_v2(
    p_owner uuid,
    p_tenant uuid,       -- null: where the conversation is; the platform: choose anew
    p_conversation uuid,
    p_kind text,         -- the sender's address
    p_value text,
    p_key text,
    p_claim bytea,       -- keyed hash of a carrier's session id, or null
    p_session text,      -- that id: while it goes on, p_tenant does not count; or null
    p_address bytea      -- keyed hash of the sender's address, to find their tenants; or null
) returns text language plpgsql stable security invoker as $$
declare
    platform constant uuid := '00000000-0000-7000-8000-000000000000';
    v_tenant uuid;
    v_owner_version bigint;
    v_config_version bigint;
    v_conversation record;
    v_answer record;
    v_stopped boolean;
    v_who record;
    v_staff record;
    v_member json;
    v_wallet json;
    v_staff_json json;
    v_expiry json;
    v_notices json;
    v_claimed json;
    v_goes_on boolean;
    v_shops json;
    v_only uuid;
    v_expired bigint := 0;
    v_open bigint := 0;
    v_to_approve bigint := 0;
begin
    perform set_config('app.tenant_id', p_owner::text, true);
    select version, channel_id, sender_kind, sender, at_tenant, session, carrier_session,
           heard_len, heard_mac, open, opened_at, last_at, last_in_at
      into v_conversation
      from conversation where tenant_id = p_owner and id = p_conversation;
    select command, input_hash, conversation_id, answer into v_answer
      from command_log where tenant_id = p_owner and key = p_key;
    select stopped into v_stopped
      from address_stop where tenant_id = p_owner and kind = p_kind and value = p_value;
    select config_version into v_owner_version from tenant where id = p_owner;
    v_config_version := v_owner_version;
    v_tenant := p_owner;

    if p_owner = platform then
        if p_address is not null then
            perform set_config('app.address', encode(p_address, 'hex'), true);
            select json_agg(json_build_object('tenant_id', s.id, 'slug', s.slug, 'name', s.name)
                            order by lower(s.name), s.slug),
                   case when count(*) = 1 then (array_agg(s.id))[1] end
              into v_shops, v_only
              from (select t.id, t.slug, t.name
                      from tenant t
                     where t.status = 'open' and t.id in (
                           select d.tenant_id from directory d
                            where d.address_hash = p_address
                              and d.subject_kind in ('member', 'staff'))
                     order by lower(t.name), t.slug limit 50) s;
        end if;
        v_goes_on := coalesce(
            p_session <> '' and v_conversation.carrier_session = p_session, false);
        if v_goes_on then
            v_tenant := coalesce(v_conversation.at_tenant, platform);
        else
            v_tenant := coalesce(p_tenant, v_conversation.at_tenant, platform);
        end if;
        if v_tenant <> platform then
            select config_version into v_config_version
              from tenant where id = v_tenant and status = 'open';
            if not found then v_tenant := platform; end if;
        end if;
        if v_tenant = platform then
            v_config_version := v_owner_version;
            if v_only is not null and not v_goes_on then
                v_tenant := v_only;
                select config_version into v_config_version from tenant where id = v_only;
            end if;
        end if;
        perform set_config('app.tenant_id', v_tenant::text, true);
    end if;

    if v_tenant <> platform then
        select m.id, m.version, m.name, m.language, m.status, m.tier_id, m.joined_at, m.left_at,
               m.notices, m.pin_hash, w.id as account_id, w.version as account_version,
               w.posted, w.held, w.pending, w.lifetime_earned, w.lifetime_spent, w.visits
          into v_who
          from member_address a
          join member m on m.tenant_id = v_tenant and m.id = a.member_id
          join account w on w.tenant_id = v_tenant and w.member_id = a.member_id
         where a.tenant_id = v_tenant and a.kind = p_kind and a.value = p_value;
        if found then
            v_member := json_build_object(
                'id', v_who.id, 'version', v_who.version, 'name', v_who.name,
                'language', v_who.language, 'status', v_who.status, 'tier_id', v_who.tier_id,
                'joined_at', v_who.joined_at, 'left_at', v_who.left_at,
                'notices', v_who.notices, 'pin_hash', v_who.pin_hash);
            v_wallet := json_build_object(
                'id', v_who.account_id, 'member_id', v_who.id,
                'version', v_who.account_version, 'posted', v_who.posted, 'held', v_who.held,
                'pending', v_who.pending, 'lifetime_earned', v_who.lifetime_earned,
                'lifetime_spent', v_who.lifetime_spent, 'visits', v_who.visits);
            select json_build_object('points', sum(remaining), 'at', expires_at) into v_expiry
              from lot
             where tenant_id = v_tenant and account_id = v_who.account_id
               and remaining > 0 and expires_at > now()
             group by expires_at order by expires_at limit 1;
            select coalesce(sum(remaining), 0) into v_expired
              from lot
             where tenant_id = v_tenant and account_id = v_who.account_id
               and remaining > 0 and expires_at <= now();
            select count(*) into v_open
              from issuance
             where tenant_id = v_tenant and member_id = v_who.id
               and state in ('reserved', 'issued');
            select json_agg(json_build_object(
                       'id', n.id, 'member_id', v_who.id, 'kind', n.kind, 'params', n.params))
              into v_notices
              from (select id, kind, params from notice
                     where tenant_id = v_tenant and member_id = v_who.id and state = 'waiting'
                     order by id limit 3) n;
        end if;
        if p_kind = 'msisdn' then
            select id, version, number, name, role, phone, pin_hash into v_staff
              from staff where tenant_id = v_tenant and phone = p_value and active;
            if found then
                v_staff_json := row_to_json(v_staff);
                select count(*) into v_to_approve
                  from (select from issuance
                         where tenant_id = v_tenant and state = 'reserved' limit 1000) r;
            end if;
        end if;
    end if;

    if p_claim is not null then
        perform set_config('app.address', encode(p_claim, 'hex'), true);
        select json_build_array(tenant_id, subject_id) into v_claimed
          from directory
         where address_hash = p_claim and subject_kind = 'session'
           and (expires_at is null or expires_at > now())
         order by tenant_id, subject_id limit 1;
    end if;

    return json_build_object(
        'now', now(), 'tenant', v_tenant,
        'config_version', v_config_version, 'owner_version', v_owner_version,
        'conversation', case when v_conversation.version is not null then json_build_object(
            'id', p_conversation, 'version', v_conversation.version,
            'channel_id', v_conversation.channel_id,
            'sender', json_build_object(
                'kind', v_conversation.sender_kind, 'value', v_conversation.sender),
            'at_tenant', v_conversation.at_tenant,
            'session', translate(encode(v_conversation.session, 'base64'), E'\n', ''),
            'carrier_session', v_conversation.carrier_session,
            'heard_len', v_conversation.heard_len,
            'heard_mac', encode(v_conversation.heard_mac, 'base64'),
            'open', v_conversation.open, 'opened_at', v_conversation.opened_at,
            'last_at', v_conversation.last_at, 'last_in_at', v_conversation.last_in_at) end,
        'answer', case when v_answer.command is not null then json_build_object(
            'command', v_answer.command,
            'input_hash', encode(v_answer.input_hash, 'base64'),
            'conversation_id', v_answer.conversation_id,
            'answer', translate(encode(v_answer.answer, 'base64'), E'\n', '')) end,
        'stopped', coalesce(v_stopped, false),
        'member', v_member, 'wallet', v_wallet, 'staff', v_staff_json, 'next_expiry', v_expiry,
        'expired_unbooked', v_expired, 'open_issuances', v_open, 'to_approve', v_to_approve,
        'unseen', v_notices, 'claimed_by', v_claimed, 'shops', v_shops
    );
end
$$;
