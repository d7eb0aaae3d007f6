-- What the roles may do, whole: applied after every upgrade, so it describes the newest revision.
-- The application owns nothing, deletes only where listed and updates only the columns listed;
-- the ledger, the consents and the command log are append-only but for what is said here.
revoke all on all tables in schema public from public, {app};
revoke all on all functions in schema public from public, {app};
revoke create on schema public from public, {app};
alter default privileges in schema public revoke execute on functions from public;
grant usage on schema public to {app};
grant execute on all functions in schema public to {app};
grant select on alembic_version to {app};

-- Before a tenant is known.
grant select, insert, update (name, status, config_version, join_code, dial) on tenant to {app};
grant select, insert, update (app_id, address, token_hash, status) on channel to {app};
grant select, insert, update, delete on job to {app};
grant select, insert, delete on directory to {app};

-- Configuration.
grant select, insert, delete, update (secrets_enc, token_enc) on channel_secret to {app};
grant select, insert, delete, update (region, settings) on channel_setting to {app};
grant select, insert, update (
    region, currency, timezone, languages, help_line, privacy_url, points_per_unit, rounding,
    purchase_max_minor, lot_days, join_bonus, reserve_days, rejoin_days, shortcuts
) on programme to {app};
grant select, insert, delete on sub_code to {app};
grant select, insert, delete, update (name, threshold, multiplier_pct) on tier to {app};
grant select, insert, delete, update (forms) on text_override to {app};
grant select, insert, update (
    slug, name, category, points, terms, tier_id, stocked, approval, active, valid_days,
    refund_on_expiry, position
) on reward to {app};
grant select, insert, update (total, available) on stock to {app};
grant select, insert, update (version, number, name, role, phone, pin_hash, active)
    on staff to {app};

-- Members.
grant select, insert, update (
    version, name, language, status, tier_id, joined_at, left_at, notices, pin_hash, merged_into
) on member to {app};
grant select, insert, delete, update (member_id, at) on member_address to {app};
grant select, insert, update (addresses, undone_at, undone_by, undone_points)
    on member_link to {app};
grant select, insert on consent to {app};
grant select, insert, update (stopped, at) on address_stop to {app};
grant select, insert, delete, update (n, until) on counter to {app};

-- The ledger.
grant select, insert, update (
    version, posted, held, pending, lifetime_earned, lifetime_spent, visits
) on account to {app};
grant select, insert on transfer, entry to {app};
grant select, insert, update (remaining) on lot to {app};
grant select, insert, update (restored) on lot_use to {app};
grant select, insert, update (state, posted_amount) on hold to {app};
grant select, insert, update (member_id, reversed_at) on purchase to {app};

-- Rewards.
grant select, insert, update (
    member_id, state, issued_at, redeemed_at, closed_at, expires_at, staff_id, reason
) on issuance to {app};
grant select, insert, update (
    id, kind, member_id, issuance_id, code_hash, code_enc, at, expires_at, used_at
) on till_code to {app};

-- Messages.
grant select, insert, delete, update (
    version, at_tenant, session, carrier_session, heard_len, heard_mac, open, opened_at, last_at,
    last_in_at
) on conversation to {app};
grant select, insert, delete, update (conversation_id, sender_enc, body_enc, handled_at)
    on inbound to {app};
grant select, insert, update (
    payload_enc, state, external_id, error, parts_sent, attempts, updated_at
) on outbound to {app};
grant select, insert, update (member_id, state, seen_at) on notice to {app};
grant select, insert, update (answer) on command_log to {app};

-- The carrier watch.
grant select, insert, delete, update (counts) on carrier_hour to {app};
grant select, insert, delete, update (last_at, silent_since, usual, window_s)
    on carrier_seen to {app};
