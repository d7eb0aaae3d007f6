"""A shop's own words in place of the catalogue's. Called by admin/tenants.py and the command line.

What a text may say is judged by whoever knows the catalogues, which is not storage: `TextFault`.
"""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Text, bindparam, delete, select

from storage.admin.editing import Edit, editing, upsert
from storage.admin.spec import SpecError, TenantSpec
from storage.database import Database
from storage.statements import frozen
from storage.tables import programme, text_override
from storage.work import PLATFORM

TextFault = Callable[[str, str, tuple[str, ...]], str | None]
"""Language, English text, forms → what is wrong in one sentence without its full stop, or None."""

_KEY: Final = ("tenant_id", "language", "message")
_TEXT: Final = upsert(text_override, _KEY, ["forms"])
_ALL: Final = frozen(
    select(text_override.c.language, text_override.c.message, text_override.c.forms).order_by(
        text_override.c.language, text_override.c.message
    )
)
_GONE: Final = frozen(
    delete(text_override)
    .where(
        text_override.c.language == bindparam("language", type_=Text),
        text_override.c.message == bindparam("message", type_=Text),
    )
    .returning(text_override.c.message)
)
_SPOKEN: Final = frozen(select(programme.c.languages))

Said = dict[str, dict[str, tuple[str, ...]]]
"""Language → English text → its forms."""


def check_texts(
    languages: tuple[str, ...], said: Mapping[str, Mapping[str, tuple[str, ...]]], fault: TextFault
) -> None:
    """Raise SpecError at the first text that may not be said so."""
    for language, texts in said.items():
        if language not in languages:
            raise SpecError(f"texts.{language}", "the shop does not speak that language")
        for message, forms in texts.items():
            wrong = fault(language, message, forms)
            if wrong:
                raise SpecError(f'texts.{language}."{message}"', wrong)


async def write_texts(edit: Edit, spec: TenantSpec) -> None:
    """The texts of every language that the file names; one left out there is the catalogue's
    again, and languages that the file does not name stay as they are."""
    known = await edit.rows(_ALL)
    for language, texts in spec.said.items():
        for row in known:
            if row["language"] == language and row["message"] not in texts:
                await edit.put(_GONE, language=language, message=row["message"])
        for message, forms in texts.items():
            await edit.put(_TEXT, language=language, message=message, forms=list(forms))


async def stored_texts(db: Database, tenant_id: UUID) -> Said:
    """All texts that a tenant says in its own words."""
    said: Said = {}
    for row in await db.read(tenant_id, _ALL):
        said.setdefault(row["language"], {})[row["message"]] = tuple(row["forms"])
    return said


async def set_text(
    db: Database,
    tenant_id: UUID,
    language: str,
    message: str,
    forms: tuple[str, ...],
    fault: TextFault,
) -> None:
    """Say a text in these words from the next turn on. Raises SpecError, Unavailable."""
    if tenant_id == PLATFORM:
        raise SpecError("tenant", "the platform has no words of its own")
    async with editing(db, tenant_id) as edit:
        (row,) = await edit.rows(_SPOKEN)
        check_texts(tuple(row["languages"]), {language: {message: forms}}, fault)
        await edit.put(_TEXT, language=language, message=message, forms=list(forms))


async def remove_text(db: Database, tenant_id: UUID, language: str, message: str) -> None:
    """Say a text in the catalogue's words again. Raises SpecError when it has no own ones."""
    async with editing(db, tenant_id) as edit:
        if not await edit.put(_GONE, language=language, message=message):
            raise SpecError(f'texts.{language}."{message}"', "the shop has no words of its own")
