"""Every kind of channel there is: the modules and the tables of `gateway/channels/`, and the tables
of a folder of the operator's own (MAITA_CARRIERS_DIR). Found, never registered.

Called once by whoever needs adapters; a table that is wrong stops the process with one sentence.
"""

import importlib
import pkgutil
from pathlib import Path
from typing import Any, Final, cast

from gateway.adapter import Adapter
from gateway.declared.carrier import load
from gateway.declared.loading import WrongTable

__all__ = ["WrongTable", "discover"]

_NAMES: Final = (
    "PROFILE", "verify", "parse", "address_of", "render", "refuse", "compose", "judge",
    "judge_report",
)  # fmt: skip


def discover(package: str = "gateway.channels", folder: Path | None = None) -> dict[str, Adapter]:
    """Every adapter by its kind, the name of its module or table, in the order of the names.
    `folder`: more tables. Raises WrongTable."""
    places = importlib.import_module(package).__path__
    found = _modules(package, places)
    for place in places:
        _add(found, Path(place))
    if folder is not None:
        _add(found, folder)
    return dict(sorted(found.items()))


def _modules(package: str, places: Any) -> dict[str, Adapter]:
    found: dict[str, Any] = {}
    for info in pkgutil.iter_modules(places):
        module = importlib.import_module(f"{package}.{info.name}")
        missing = [name for name in _NAMES if not hasattr(module, name)]
        assert not missing, f"{package}.{info.name} is no adapter: it lacks {missing}"
        found[info.name] = module
    return cast(dict[str, Adapter], found)


def _add(found: dict[str, Adapter], folder: Path) -> None:
    for path in sorted(folder.glob("*.toml")):
        if path.stem in found:
            raise WrongTable(f"{path.name}: there is a kind of this name already: choose another.")
        found[path.stem] = load(path)
