"""`pytest tests/dialogs --update` rewrites the transcripts and catalogues instead of failing."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="rewrite transcripts and catalogues from the sources"
    )


@pytest.fixture
def update(pytestconfig: pytest.Config) -> bool:
    """Whether to rewrite; False where the option is unknown because pytest began elsewhere."""
    return bool(pytestconfig.getoption("--update", default=False))
