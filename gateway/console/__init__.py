"""Pages for whoever runs the service, behind the operator key; read-only for now.

`app` mounts `console(rt)`, which is nothing at all without a key.
"""

from gateway.console.pages import console

__all__ = ["console"]
