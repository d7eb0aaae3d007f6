"""The product without flights: every turn travels alone, by the one-turn functions. What flights
cost somebody who is alone is measured against this. `python -m tests.bench.unbatched serve`.
"""

from typing import Any

from gateway.cli import main
from storage.flights import Lane


async def _alone(lane: Lane[Any, Any], item: Any) -> Any:
    return await lane._alone(item)


if __name__ == "__main__":
    Lane.fly = _alone  # type: ignore[method-assign, assignment]
    main()
