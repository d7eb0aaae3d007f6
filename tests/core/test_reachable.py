"""Every refusal is made in core and met in these tests, or is another package's to raise."""

import ast
import inspect
from pathlib import Path

from core import errors

ELSEWHERE = {
    "LoyaltyError",  # The base of all.
    "MessageTooLate",  # The gateway's, before it executes.
}
TESTS, CORE = Path(__file__).parent, Path(inspect.getfile(errors)).parent
REFUSALS = {
    name
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, errors.LoyaltyError)
}


def named_in(folder: Path) -> set[str]:
    """The names that code below a folder uses; importing one is not using it."""
    trees = (ast.parse(path.read_text()) for path in folder.rglob("*.py"))
    return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_every_refusal_is_made_somewhere_in_core() -> None:
    assert REFUSALS - named_in(CORE) <= ELSEWHERE


def test_every_refusal_of_core_is_met_in_a_test() -> None:
    assert REFUSALS - named_in(TESTS) <= ELSEWHERE
