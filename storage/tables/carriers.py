"""What carriers sent, counted: per channel, network and hour, and when each was last heard.

Statistics without personal data. They live under the channel's owner all the same: no turn needs
them before its tenant is known, so they are no fifth exception to row security.
"""

from typing import Final

from sqlalchemy import ForeignKeyConstraint, Index

from storage.tables.schema import INT, JSON, TEXT, TIME, UUID, may, must, tenant_table

carrier_hour: Final = tenant_table(
    "carrier_hour",
    ("channel_id", "network", "hour"),
    must("channel_id", UUID),
    must("network", TEXT),
    must("hour", TIME),
    must("counts", JSON),
    ForeignKeyConstraint(["channel_id"], ["channel.id"], name="carrier_hour_channel_id_fkey"),
    Index("carrier_hour_hour", "tenant_id", "hour"),
    fillfactor=70,
)
"""`counts`: counter → how many (gateway/watch.py says which there are). All of them only grow, so
several processes add to one row."""

carrier_seen: Final = tenant_table(
    "carrier_seen",
    ("channel_id", "network"),
    must("channel_id", UUID),
    must("network", TEXT),
    must("first_at", TIME),
    must("last_at", TIME),
    may("silent_since", TIME),
    may("usual", INT),
    may("window_s", INT),
    ForeignKeyConstraint(["channel_id"], ["channel.id"], name="carrier_seen_channel_id_fkey"),
    fillfactor=70,
)
"""While silent: since when it is known, and how many requests would have been usual in how long."""
