"""All dialogs, found by name. Called once by whoever drives turns."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from dialogs import definitions
from dialogs.dialog import Dialog


@cache
def discover() -> MappingProxyType[str, Dialog]:
    """Every definition's dialog, checked. A module of definitions is one dialog of its name."""
    found = {}
    for module in iter_modules(definitions.__path__):
        dialog = import_module(f"{definitions.__name__}.{module.name}").dialog
        assert isinstance(dialog, Dialog), module.name
        assert dialog.name == module.name, f"{module.name} defines {dialog.name}"
        dialog.check()
        found[dialog.name] = dialog
    return MappingProxyType(found)
