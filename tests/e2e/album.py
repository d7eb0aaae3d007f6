"""The pictures that a browser test takes on its way, as a page to look at."""

from html import escape
from pathlib import Path

from playwright.async_api import Page

FOLDER = Path(__file__).parent / "report"
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ margin: 2rem auto; max-width: 90rem; padding: 0 1rem; font: 1rem system-ui, sans-serif; }}
figure {{ margin: 0 0 2.5rem; }} img {{ width: 100%; border-radius: .6rem; }}
figcaption {{ margin-bottom: .5rem; font-weight: 600; }}
</style>
<h1>{title}</h1>
{figures}
</html>
"""


class Album:
    """Numbered pictures of one page, and `index.html` that shows them in order."""

    def __init__(self, title: str, page: Page) -> None:
        self._title, self._page = title, page
        self._pictures: list[tuple[str, str]] = []
        for old in FOLDER.glob("*.png"):
            old.unlink()

    async def keep(self, name: str, caption: str) -> None:
        """Take a picture once nothing moves any more."""
        file = f"{len(self._pictures) + 1:02d}-{name}.png"
        await self._page.screenshot(path=FOLDER / file, animations="disabled")
        self._pictures.append((file, caption))
        figures = "\n".join(
            f'<figure><figcaption>{escape(text)}</figcaption><img src="{image}" alt=""></figure>'
            for image, text in self._pictures
        )
        index = PAGE.format(title=escape(self._title), figures=figures)
        (FOLDER / "index.html").write_text(index)
