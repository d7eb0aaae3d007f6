-- Notices of one turn, each with the job that delivers it (same id), and how notices went on.
create function commit_notices_v1(p_tenant uuid, p_changes jsonb) returns void
language plpgsql volatile security invoker as $$
declare
    part jsonb;
    r record;
begin
    part := p_changes -> 'notice';
    if part is not null then
        perform refuse_unknown_v1('notice', part, 'id', 'member_id', 'kind', 'params', 'at');
        insert into notice (tenant_id, id, member_id, kind, params, at, state)
        select p_tenant, n.id, n.member_id, n.kind, n.params, n.at, 'waiting'
          from jsonb_to_recordset(part) n
               (id uuid, member_id uuid, kind text, params jsonb, at timestamptz);
        insert into job (id, tenant_id, kind, lane, subject, run_at)
        select n.id, p_tenant, 'notice', n.member_id, n.id, now()
          from jsonb_to_recordset(part) n (id uuid, member_id uuid);
    end if;

    part := p_changes -> 'notice_moved';
    if part is not null then
        perform refuse_unknown_v1('notice_moved', part, 'id', 'was', 'state', 'at');
        for r in
            select * from jsonb_to_recordset(part) n
                (id uuid, was text, state text, at timestamptz)
        loop
            update notice
               set state = r.state, seen_at = case r.state when 'seen' then r.at end
             where tenant_id = p_tenant and id = r.id and state = r.was;
            if not found then perform stale_v1('notice_moved'); end if;
        end loop;
    end if;
end
$$;

-- STOP and START belong to the channel's owner: they count for every tenant on that number.
create function commit_stops_v1(p_owner uuid, p_part jsonb) returns void
language plpgsql volatile security invoker as $$
begin
    perform refuse_unknown_v1('address_stopped', p_part, 'kind', 'value', 'stopped', 'at');
    insert into address_stop (tenant_id, kind, value, stopped, at)
    select p_owner, n.kind, n.value, n.stopped, n.at
      from jsonb_to_recordset(p_part) n
           (kind text, value text, stopped boolean, at timestamptz)
    on conflict (tenant_id, kind, value) do update
       set stopped = excluded.stopped, at = excluded.at;
end
$$;

-- A conversation's messages out are sent in order, in a lane of their own: a carrier that does not
-- answer must not keep the person's next message, a STOP perhaps, from being heard.
create function send_lane_v1(p_conversation uuid) returns uuid
language sql immutable parallel safe security invoker as $$
    select md5('send' || p_conversation::text)::uuid
$$;

-- What leaves through a carrier, each with the job that sends it (same id).
create function commit_outgoing_v1(p_owner uuid, p_outbound jsonb) returns void
language plpgsql volatile security invoker as $$
begin
    perform refuse_unknown_v1(
        'outbound', p_outbound, 'id', 'channel_id', 'conversation_id', 'notice_id', 'inbound_id',
        'payload');
    insert into outbound (
        tenant_id, id, channel_id, conversation_id, notice_id, inbound_id, payload_enc)
    select p_owner, n.id, n.channel_id, n.conversation_id, n.notice_id, n.inbound_id,
           decode(n.payload, 'base64')
      from jsonb_to_recordset(p_outbound) n
           (id uuid, channel_id uuid, conversation_id uuid, notice_id uuid, inbound_id uuid,
            payload text);
    insert into job (id, tenant_id, kind, lane, subject, run_at)
    select n.id, p_owner, 'send', send_lane_v1(coalesce(n.conversation_id, n.id)), n.id, now()
      from jsonb_to_recordset(p_outbound) n (id uuid, conversation_id uuid);
end
$$;
