-- The carrier watch, as storage/tables/carriers.py says it; under the channel's owner.
CREATE TABLE carrier_hour (
    tenant_id UUID NOT NULL,
    channel_id UUID NOT NULL,
    network TEXT NOT NULL,
    hour TIMESTAMP WITH TIME ZONE NOT NULL,
    counts JSONB NOT NULL,
    CONSTRAINT carrier_hour_pkey PRIMARY KEY (tenant_id, channel_id, network, hour),
    CONSTRAINT carrier_hour_channel_id_fkey FOREIGN KEY(channel_id) REFERENCES channel (id)
) WITH (fillfactor = 70);
CREATE INDEX carrier_hour_hour ON carrier_hour (tenant_id, hour);

CREATE TABLE carrier_seen (
    tenant_id UUID NOT NULL,
    channel_id UUID NOT NULL,
    network TEXT NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    silent_since TIMESTAMP WITH TIME ZONE,
    usual INTEGER,
    window_s INTEGER,
    CONSTRAINT carrier_seen_pkey PRIMARY KEY (tenant_id, channel_id, network),
    CONSTRAINT carrier_seen_channel_id_fkey FOREIGN KEY(channel_id) REFERENCES channel (id)
) WITH (fillfactor = 70);

alter table carrier_hour enable row level security;
alter table carrier_hour force row level security;
create policy tenant on carrier_hour
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

alter table carrier_seen enable row level security;
alter table carrier_seen force row level security;
create policy tenant on carrier_seen
    using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
