"""Phones to try: a fake carrier on the server and a page of handsets (docs/simulator.md).

`app` builds one `Simulator` in dev and mounts `routes(simulator)`; prod refuses to.
"""

from gateway.simulator.api import routes
from gateway.simulator.port import Entry, Inside, Phone, Standing, Unwritten
from gateway.simulator.simulator import Simulator

__all__ = ["Entry", "Inside", "Phone", "Simulator", "Standing", "Unwritten", "routes"]
