-- The tables of revision 0001 as storage/tables says them; frozen: later changes are later revisions.
CREATE TABLE address_stop (
    tenant_id UUID NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    stopped BOOLEAN NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT address_stop_pkey PRIMARY KEY (tenant_id, kind, value),
    CONSTRAINT address_stop_kind CHECK (kind in ('msisdn', 'bsuid'))
);

CREATE TABLE command_log (
    tenant_id UUID NOT NULL,
    key TEXT NOT NULL,
    command TEXT NOT NULL,
    input_hash BYTEA NOT NULL,
    ref TEXT,
    conversation_id UUID,
    answer BYTEA,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT command_log_pkey PRIMARY KEY (tenant_id, key)
);
CREATE INDEX command_log_answered ON command_log (tenant_id, created_at) WHERE answer is not null;
CREATE UNIQUE INDEX command_log_ref_key ON command_log (tenant_id, ref) WHERE ref is not null;

CREATE TABLE conversation (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    channel_id UUID NOT NULL,
    version BIGINT NOT NULL,
    sender_kind TEXT NOT NULL,
    sender TEXT NOT NULL,
    at_tenant UUID,
    session BYTEA NOT NULL,
    carrier_session TEXT DEFAULT '' NOT NULL,
    heard_len INTEGER DEFAULT 0 NOT NULL,
    heard_mac BYTEA,
    open BOOLEAN NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_in_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT conversation_pkey PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 70);

CREATE TABLE counter (
    tenant_id UUID NOT NULL,
    scope TEXT NOT NULL,
    subject TEXT NOT NULL,
    n INTEGER NOT NULL,
    until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT counter_pkey PRIMARY KEY (tenant_id, scope, subject)
) WITH (fillfactor = 70);

CREATE TABLE directory (
    address_hash BYTEA NOT NULL,
    tenant_id UUID NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT directory_pkey PRIMARY KEY (address_hash, tenant_id, subject_kind, subject_id),
    CONSTRAINT directory_subject_kind CHECK (subject_kind in ('member', 'staff', 'session'))
);
CREATE INDEX directory_expires ON directory (expires_at) WHERE expires_at is not null;

CREATE TABLE inbound (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    channel_id UUID NOT NULL,
    external_id TEXT NOT NULL,
    conversation_id UUID,
    sender_kind TEXT NOT NULL,
    sender_enc BYTEA,
    body_enc BYTEA,
    body_mac BYTEA NOT NULL,
    control TEXT,
    sent_at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    handled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT inbound_pkey PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX inbound_external_key ON inbound (tenant_id, channel_id, external_id);
CREATE INDEX inbound_received ON inbound (tenant_id, received_at);

CREATE TABLE job (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    kind TEXT NOT NULL,
    lane UUID NOT NULL,
    subject UUID,
    run_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    state TEXT DEFAULT 'ready' NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    error TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    unique_key TEXT,
    CONSTRAINT job_pkey PRIMARY KEY (id),
    CONSTRAINT job_state CHECK (state in ('ready', 'leased', 'dead', 'done')),
    CONSTRAINT job_unique_key_key UNIQUE (unique_key)
) WITH (fillfactor = 70);
CREATE INDEX job_dead ON job (tenant_id, id) WHERE state = 'dead';
CREATE INDEX job_due ON job (run_at) WHERE state = 'ready';
CREATE INDEX job_lane ON job (lane, id) WHERE state in ('ready', 'leased');
CREATE INDEX job_leased ON job (lease_until) WHERE state = 'leased';
CREATE INDEX job_subject ON job (subject) WHERE subject is not null;

CREATE TABLE outbound (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    channel_id UUID NOT NULL,
    conversation_id UUID,
    notice_id UUID,
    inbound_id UUID,
    payload_enc BYTEA,
    state TEXT DEFAULT 'queued' NOT NULL,
    external_id TEXT,
    error TEXT,
    parts_sent INTEGER DEFAULT 0 NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT outbound_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT outbound_state CHECK (state in ('queued', 'unknown', 'sent', 'delivered', 'read', 'failed')),
    CONSTRAINT outbound_counts CHECK (parts_sent >= 0 and attempts >= 0)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX outbound_external_key ON outbound (tenant_id, channel_id, external_id) WHERE external_id is not null;
CREATE INDEX outbound_payload ON outbound (tenant_id, created_at) WHERE payload_enc is not null;
CREATE INDEX outbound_unsettled ON outbound (tenant_id, updated_at) WHERE state in ('queued', 'unknown');

CREATE TABLE programme (
    tenant_id UUID NOT NULL,
    region TEXT NOT NULL,
    currency TEXT NOT NULL,
    timezone TEXT NOT NULL,
    languages TEXT[] DEFAULT '{en}' NOT NULL,
    help_line TEXT DEFAULT '' NOT NULL,
    privacy_url TEXT DEFAULT '' NOT NULL,
    points_per_unit BIGINT DEFAULT 100 NOT NULL,
    rounding TEXT DEFAULT 'floor' NOT NULL,
    purchase_max_minor BIGINT DEFAULT 1000000000 NOT NULL,
    lot_days INTEGER,
    join_bonus BIGINT DEFAULT 0 NOT NULL,
    reserve_days INTEGER DEFAULT 7 NOT NULL,
    rejoin_days INTEGER DEFAULT 30 NOT NULL,
    CONSTRAINT programme_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT programme_rounding CHECK (rounding in ('floor', 'up', 'half_even'))
);

CREATE TABLE staff (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    version BIGINT DEFAULT 1 NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    phone TEXT NOT NULL,
    pin_hash TEXT,
    active BOOLEAN DEFAULT true NOT NULL,
    CONSTRAINT staff_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT staff_role CHECK (role in ('cashier', 'manager')),
    CONSTRAINT staff_number_key UNIQUE (tenant_id, number),
    CONSTRAINT staff_phone_key UNIQUE (tenant_id, phone)
);
CREATE INDEX staff_role ON staff (tenant_id, role) WHERE active;

CREATE TABLE tenant (
    id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT DEFAULT 'open' NOT NULL,
    config_version BIGINT DEFAULT 1 NOT NULL,
    join_code TEXT,
    dial TEXT DEFAULT '' NOT NULL,
    CONSTRAINT tenant_pkey PRIMARY KEY (id),
    CONSTRAINT tenant_status CHECK (status in ('open', 'closed', 'platform')),
    CONSTRAINT tenant_slug_key UNIQUE (slug),
    CONSTRAINT tenant_join_code_key UNIQUE (join_code)
);

CREATE TABLE tier (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    threshold BIGINT NOT NULL,
    multiplier_pct INTEGER DEFAULT 100 NOT NULL,
    CONSTRAINT tier_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT tier_threshold_key UNIQUE (tenant_id, threshold),
    CONSTRAINT tier_sane CHECK (threshold >= 0 and multiplier_pct > 0)
);

CREATE TABLE channel (
    id UUID NOT NULL,
    owner UUID NOT NULL,
    kind TEXT NOT NULL,
    app_id TEXT,
    address TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    status TEXT DEFAULT 'on' NOT NULL,
    CONSTRAINT channel_pkey PRIMARY KEY (id),
    CONSTRAINT channel_status CHECK (status in ('on', 'off')),
    CONSTRAINT channel_owner_fkey FOREIGN KEY(owner) REFERENCES tenant (id),
    CONSTRAINT channel_token_hash_key UNIQUE (token_hash),
    CONSTRAINT channel_kind_address_key UNIQUE (kind, address)
);
CREATE INDEX channel_owner ON channel (owner);

CREATE TABLE member (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    version BIGINT DEFAULT 1 NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    status TEXT DEFAULT 'active' NOT NULL,
    tier_id UUID,
    joined_at TIMESTAMP WITH TIME ZONE NOT NULL,
    left_at TIMESTAMP WITH TIME ZONE,
    notices TEXT[] DEFAULT '{earn,reward,expiry}' NOT NULL,
    pin_hash TEXT,
    CONSTRAINT member_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT member_status CHECK (status in ('active', 'left', 'blocked')),
    CONSTRAINT member_tier_id_fkey FOREIGN KEY(tenant_id, tier_id) REFERENCES tier (tenant_id, id)
) WITH (fillfactor = 90);
CREATE INDEX member_joined ON member (tenant_id, joined_at);

CREATE TABLE reward (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    category TEXT DEFAULT '' NOT NULL,
    points BIGINT NOT NULL,
    terms TEXT DEFAULT '' NOT NULL,
    tier_id UUID,
    stocked BOOLEAN DEFAULT false NOT NULL,
    approval BOOLEAN DEFAULT false NOT NULL,
    active BOOLEAN DEFAULT true NOT NULL,
    valid_days INTEGER DEFAULT 30 NOT NULL,
    refund_on_expiry BOOLEAN DEFAULT false NOT NULL,
    position INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT reward_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT reward_tier_id_fkey FOREIGN KEY(tenant_id, tier_id) REFERENCES tier (tenant_id, id),
    CONSTRAINT reward_slug_key UNIQUE (tenant_id, slug),
    CONSTRAINT reward_sane CHECK (points > 0 and valid_days > 0)
);

CREATE TABLE account (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    version BIGINT DEFAULT 1 NOT NULL,
    posted BIGINT DEFAULT 0 NOT NULL,
    held BIGINT DEFAULT 0 NOT NULL,
    pending BIGINT DEFAULT 0 NOT NULL,
    lifetime_earned BIGINT DEFAULT 0 NOT NULL,
    lifetime_spent BIGINT DEFAULT 0 NOT NULL,
    visits BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT account_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT account_member_id_fkey FOREIGN KEY(tenant_id, member_id) REFERENCES member (tenant_id, id),
    CONSTRAINT account_member_key UNIQUE (tenant_id, member_id),
    CONSTRAINT account_held CHECK (held >= 0),
    CONSTRAINT account_pending CHECK (pending >= 0),
    CONSTRAINT account_available CHECK (posted - held >= 0)
) WITH (fillfactor = 70);

CREATE TABLE channel_secret (
    tenant_id UUID NOT NULL,
    channel_id UUID NOT NULL,
    secrets_enc BYTEA NOT NULL,
    token_enc BYTEA,
    CONSTRAINT channel_secret_pkey PRIMARY KEY (tenant_id, channel_id),
    CONSTRAINT channel_secret_channel_id_fkey FOREIGN KEY(channel_id) REFERENCES channel (id)
);

CREATE TABLE channel_setting (
    tenant_id UUID NOT NULL,
    channel_id UUID NOT NULL,
    region TEXT NOT NULL,
    settings JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT channel_setting_pkey PRIMARY KEY (tenant_id, channel_id),
    CONSTRAINT channel_setting_channel_id_fkey FOREIGN KEY(channel_id) REFERENCES channel (id)
);

CREATE TABLE consent (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    purpose TEXT NOT NULL,
    granted BOOLEAN NOT NULL,
    wording TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT consent_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT consent_member_id_fkey FOREIGN KEY(tenant_id, member_id) REFERENCES member (tenant_id, id)
);
CREATE INDEX consent_member ON consent (tenant_id, member_id);

CREATE TABLE member_address (
    tenant_id UUID NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    member_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT member_address_pkey PRIMARY KEY (tenant_id, kind, value),
    CONSTRAINT member_address_kind CHECK (kind in ('msisdn', 'bsuid')),
    CONSTRAINT member_address_member_id_fkey FOREIGN KEY(tenant_id, member_id) REFERENCES member (tenant_id, id)
);
CREATE INDEX member_address_member ON member_address (tenant_id, member_id);

CREATE TABLE notice (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    kind TEXT NOT NULL,
    params JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT DEFAULT 'waiting' NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT notice_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT notice_state CHECK (state in ('waiting', 'sending', 'sent', 'seen', 'dropped')),
    CONSTRAINT notice_member_id_fkey FOREIGN KEY(tenant_id, member_id) REFERENCES member (tenant_id, id)
) WITH (fillfactor = 80);
CREATE INDEX notice_waiting ON notice (tenant_id, member_id, id) WHERE state = 'waiting';

CREATE TABLE stock (
    tenant_id UUID NOT NULL,
    reward_id UUID NOT NULL,
    total BIGINT NOT NULL,
    available BIGINT NOT NULL,
    CONSTRAINT stock_pkey PRIMARY KEY (tenant_id, reward_id),
    CONSTRAINT stock_reward_id_fkey FOREIGN KEY(tenant_id, reward_id) REFERENCES reward (tenant_id, id),
    CONSTRAINT stock_available CHECK (available between 0 and total)
) WITH (fillfactor = 50);

CREATE TABLE hold (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    amount BIGINT NOT NULL,
    posted_amount BIGINT DEFAULT 0 NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT hold_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT hold_state CHECK (state in ('open', 'posted', 'voided', 'expired')),
    CONSTRAINT hold_amount CHECK (amount > 0),
    CONSTRAINT hold_posted_amount CHECK (posted_amount between 0 and amount),
    CONSTRAINT hold_account_id_fkey FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id)
) WITH (fillfactor = 80);
CREATE INDEX hold_account ON hold (tenant_id, account_id, id);
CREATE INDEX hold_due ON hold (tenant_id, expires_at) WHERE state = 'open';
CREATE INDEX hold_open ON hold (tenant_id, account_id) WHERE state = 'open';

CREATE TABLE transfer (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    code TEXT NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount BIGINT NOT NULL,
    balance_after BIGINT NOT NULL,
    account_version BIGINT NOT NULL,
    ref TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    hold_id UUID,
    reverses UUID,
    detail TEXT DEFAULT '' NOT NULL,
    CONSTRAINT transfer_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT transfer_code CHECK (code in ('earn', 'bonus', 'redeem', 'expire', 'refund', 'reverse')),
    CONSTRAINT transfer_amount CHECK (amount > 0),
    CONSTRAINT transfer_sides CHECK (debit <> credit),
    CONSTRAINT transfer_hold_id_fkey FOREIGN KEY(tenant_id, hold_id) REFERENCES hold (tenant_id, id),
    CONSTRAINT transfer_reverses_fkey FOREIGN KEY(tenant_id, reverses) REFERENCES transfer (tenant_id, id)
);
CREATE INDEX transfer_hold ON transfer (tenant_id, hold_id) WHERE hold_id is not null;
CREATE INDEX transfer_ref ON transfer (tenant_id, ref);
CREATE UNIQUE INDEX transfer_reverses ON transfer (tenant_id, reverses) WHERE reverses is not null;

CREATE TABLE entry (
    tenant_id UUID NOT NULL,
    transfer_id UUID NOT NULL,
    side TEXT NOT NULL,
    account_id UUID,
    system TEXT,
    amount BIGINT NOT NULL,
    balance_after BIGINT,
    account_version BIGINT,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT entry_pkey PRIMARY KEY (tenant_id, transfer_id, side),
    CONSTRAINT entry_side CHECK (side in ('debit', 'credit')),
    CONSTRAINT entry_system CHECK (system in ('issuance', 'redeemed', 'breakage')),
    CONSTRAINT entry_owner CHECK ((account_id is null) <> (system is null)),
    CONSTRAINT entry_amount CHECK (amount <> 0),
    CONSTRAINT entry_balance CHECK ((account_id is null) = (balance_after is null) and (account_id is null) = (account_version is null)),
    CONSTRAINT entry_transfer_id_fkey FOREIGN KEY(tenant_id, transfer_id) REFERENCES transfer (tenant_id, id),
    CONSTRAINT entry_account_id_fkey FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id)
);
CREATE INDEX entry_account ON entry (tenant_id, account_id, transfer_id) WHERE account_id is not null;

CREATE TABLE issuance (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    ref TEXT NOT NULL,
    member_id UUID NOT NULL,
    reward_id UUID NOT NULL,
    reward_name TEXT NOT NULL,
    points BIGINT NOT NULL,
    state TEXT NOT NULL,
    hold_id UUID,
    transfer_id UUID,
    stocked BOOLEAN NOT NULL,
    reserved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE,
    redeemed_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    staff_id UUID,
    reason TEXT,
    CONSTRAINT issuance_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT issuance_state CHECK (state in ('reserved', 'issued', 'redeemed', 'rejected', 'cancelled', 'expired')),
    CONSTRAINT issuance_points CHECK (points >= 0),
    CONSTRAINT issuance_member_id_fkey FOREIGN KEY(tenant_id, member_id) REFERENCES member (tenant_id, id),
    CONSTRAINT issuance_reward_id_fkey FOREIGN KEY(tenant_id, reward_id) REFERENCES reward (tenant_id, id),
    CONSTRAINT issuance_hold_id_fkey FOREIGN KEY(tenant_id, hold_id) REFERENCES hold (tenant_id, id),
    CONSTRAINT issuance_transfer_id_fkey FOREIGN KEY(tenant_id, transfer_id) REFERENCES transfer (tenant_id, id),
    CONSTRAINT issuance_staff_id_fkey FOREIGN KEY(tenant_id, staff_id) REFERENCES staff (tenant_id, id),
    CONSTRAINT issuance_ref_key UNIQUE (tenant_id, ref),
    CONSTRAINT issuance_hold_key UNIQUE (tenant_id, hold_id)
) WITH (fillfactor = 80);
CREATE INDEX issuance_day ON issuance (tenant_id, reserved_at);
CREATE INDEX issuance_due ON issuance (tenant_id, expires_at) WHERE state in ('reserved', 'issued');
CREATE INDEX issuance_member ON issuance (tenant_id, member_id, id);
CREATE INDEX issuance_open ON issuance (tenant_id, member_id) WHERE state in ('reserved', 'issued');
CREATE INDEX issuance_reserved ON issuance (tenant_id, id) WHERE state = 'reserved';
CREATE INDEX issuance_reward ON issuance (tenant_id, reward_id);
CREATE INDEX issuance_used ON issuance (tenant_id, redeemed_at) WHERE redeemed_at is not null;

CREATE TABLE lot (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    transfer_id UUID NOT NULL,
    amount BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT lot_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT lot_amount CHECK (amount > 0),
    CONSTRAINT lot_remaining CHECK (remaining between 0 and amount),
    CONSTRAINT lot_account_id_fkey FOREIGN KEY(tenant_id, account_id) REFERENCES account (tenant_id, id),
    CONSTRAINT lot_transfer_id_fkey FOREIGN KEY(tenant_id, transfer_id) REFERENCES transfer (tenant_id, id)
) WITH (fillfactor = 80);
CREATE INDEX lot_due ON lot (tenant_id, expires_at) WHERE remaining > 0;
CREATE INDEX lot_spendable ON lot (tenant_id, account_id, expires_at) WHERE remaining > 0;
CREATE INDEX lot_transfer ON lot (tenant_id, transfer_id);

CREATE TABLE purchase (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    staff_id UUID,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    points BIGINT NOT NULL,
    transfer_id UUID,
    receipt_no TEXT,
    store TEXT,
    source TEXT NOT NULL,
    ref TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    reversed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT purchase_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT purchase_sane CHECK (amount_minor > 0 and points >= 0),
    CONSTRAINT purchase_member_id_fkey FOREIGN KEY(tenant_id, member_id) REFERENCES member (tenant_id, id),
    CONSTRAINT purchase_staff_id_fkey FOREIGN KEY(tenant_id, staff_id) REFERENCES staff (tenant_id, id),
    CONSTRAINT purchase_transfer_id_fkey FOREIGN KEY(tenant_id, transfer_id) REFERENCES transfer (tenant_id, id)
);
CREATE INDEX purchase_day ON purchase (tenant_id, at);
CREATE INDEX purchase_member ON purchase (tenant_id, member_id, at);
CREATE UNIQUE INDEX purchase_receipt_key ON purchase (tenant_id, receipt_no, coalesce(store, '')) WHERE receipt_no is not null and reversed_at is null;
CREATE INDEX purchase_ref ON purchase (tenant_id, ref);
CREATE INDEX purchase_staff ON purchase (tenant_id, staff_id, at);

CREATE TABLE lot_use (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    lot_id UUID NOT NULL,
    amount BIGINT NOT NULL,
    restored BIGINT DEFAULT 0 NOT NULL,
    hold_id UUID,
    transfer_id UUID,
    CONSTRAINT lot_use_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT lot_use_amount CHECK (amount > 0),
    CONSTRAINT lot_use_restored CHECK (restored between 0 and amount),
    CONSTRAINT lot_use_lot_id_fkey FOREIGN KEY(tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    CONSTRAINT lot_use_hold_id_fkey FOREIGN KEY(tenant_id, hold_id) REFERENCES hold (tenant_id, id),
    CONSTRAINT lot_use_transfer_id_fkey FOREIGN KEY(tenant_id, transfer_id) REFERENCES transfer (tenant_id, id)
);
CREATE INDEX lot_use_hold ON lot_use (tenant_id, hold_id) WHERE hold_id is not null;
CREATE INDEX lot_use_lot ON lot_use (tenant_id, lot_id);
CREATE INDEX lot_use_transfer ON lot_use (tenant_id, transfer_id) WHERE transfer_id is not null;

CREATE TABLE till_code (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    member_id UUID NOT NULL,
    issuance_id UUID,
    code_hash BYTEA NOT NULL,
    code_enc BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT till_code_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT till_code_kind CHECK (kind in ('member', 'issuance')),
    CONSTRAINT till_code_subject CHECK ((kind = 'issuance') = (issuance_id is not null)),
    CONSTRAINT till_code_member_id_fkey FOREIGN KEY(tenant_id, member_id) REFERENCES member (tenant_id, id),
    CONSTRAINT till_code_issuance_id_fkey FOREIGN KEY(tenant_id, issuance_id) REFERENCES issuance (tenant_id, id),
    CONSTRAINT till_code_hash_key UNIQUE (tenant_id, code_hash)
);
CREATE INDEX till_code_issuance ON till_code (tenant_id, issuance_id) WHERE issuance_id is not null;
CREATE INDEX till_code_member ON till_code (tenant_id, member_id);
