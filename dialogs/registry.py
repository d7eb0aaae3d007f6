"""All dialogs, found by name. Called once by whoever drives turns."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from dialogs.dialog import Dialog


@cache
def discover(package: str = "dialogs.definitions") -> MappingProxyType[str, Dialog]:
    """Every dialog of a package, checked. A module of it is one dialog of the module's name."""
    found = {}
    for module in iter_modules(import_module(package).__path__):
        dialog = getattr(import_module(f"{package}.{module.name}"), "dialog", None)
        assert isinstance(dialog, Dialog), f"{package}.{module.name} is no dialog"
        assert dialog.name == module.name, f"{module.name} defines {dialog.name}"
        dialog.check()
        found[dialog.name] = dialog
    return MappingProxyType(found)
