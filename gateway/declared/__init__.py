"""Carriers that are declared, not programmed: one TOML table each (docs/carriers/declaring.md).

`loading` reads and checks tables, `carrier` makes an adapter of one. USSD carriers differ on a few
axes only (docs/wire-formats.md section 10), and those are the table's keys.
"""
