"""Staff: who works for a tenant, found by phone. Called by admin/tenants.py and the command line.

A staff's phone is also in the directory, by its keyed hash, so that a caller's shops are found
before a tenant is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from core.ports import Hasher
from core.values import Address, Secret
from storage.admin.checks import check_name, check_number, check_pin, staff_phone
from storage.admin.editing import Edit, editing, upsert
from storage.admin.spec import SpecError, StaffPart
from storage.crypto import Vault, address_hash
from storage.database import Database
from storage.identifiers import Identifiers
from storage.statements import frozen
from storage.tables import counter, directory, programme, staff

_KNOWN: Final = frozen(select(staff.c.id, staff.c.number, staff.c.phone))
_STAFF: Final = upsert(
    staff,
    ["tenant_id", "id"],
    ["number", "name", "role", "phone", "active"],
    version=staff.c.version + 1,
)
_ID: Final = bindparam("id", type_=Uuid)
_SET_PIN: Final = frozen(
    update(staff)
    .where(staff.c.id == _ID)
    .values(pin_hash=bindparam("pin_hash", type_=Text), version=staff.c.version + 1)
    .returning(staff.c.id)
)
_FORGIVE: Final = frozen(
    delete(counter).where(
        counter.c.scope == "staff_pin", counter.c.subject == bindparam("subject", type_=Text)
    )
)
_KNOW_ADDRESS: Final = frozen(
    select(func.set_config("app.address", bindparam("address", type_=Text), True))
)
_DIRECTORY: Final = frozen(
    insert(directory)
    .values(
        address_hash=bindparam("address_hash"),
        tenant_id=bindparam("tenant_id", type_=Uuid),
        subject_kind="staff",
        subject_id=_ID,
    )
    .on_conflict_do_nothing()
)
_UNLIST: Final = frozen(
    delete(directory).where(
        directory.c.address_hash == bindparam("address_hash"),
        directory.c.tenant_id == bindparam("tenant_id", type_=Uuid),
        directory.c.subject_kind == "staff",
        directory.c.subject_id == _ID,
    )
)
_REMOVE: Final = frozen(
    update(staff)
    .where(staff.c.id == _ID, staff.c.active)
    .values(active=False, version=staff.c.version + 1)
    .returning(staff.c.phone)
)
_PINLESS: Final = frozen(
    select(staff.c.number, staff.c.name)
    .where(staff.c.active, staff.c.pin_hash.is_(None))
    .order_by(staff.c.number)
)
_REGION: Final = frozen(select(programme.c.region))
_WHO: Final = frozen(
    select(staff.c.id).where(
        staff.c.active,
        or_(
            staff.c.phone == bindparam("phone", type_=Text),
            staff.c.number == bindparam("number", type_=Integer),
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A staff part with its phone as E.164 and its PIN hashed."""

    part: StaffPart
    phone: str
    pin_hash: str | None


async def prepare(
    db: Database, tenant_id: UUID, parts: Iterable[StaffPart], region: str, hasher: Hasher
) -> list[Person]:
    """Read phones, and hash the PINs of those who are new: before a transaction begins, since
    hashing is slow. A PIN in the file is a first PIN: it never replaces one that was set."""
    known = {row["phone"] for row in await db.read(tenant_id, _KNOWN)}
    people: list[Person] = []
    for part in parts:
        phone = staff_phone("staff.phone", part.phone, region)
        is_new = part.pin is not None and phone not in known
        pin_hash = await hasher.hash(Secret(part.pin)) if is_new and part.pin else None
        people.append(Person(part=part, phone=phone, pin_hash=pin_hash))
    return people


async def write_staff(
    edit: Edit, people: Iterable[Person], vault: Vault, ids: Identifiers
) -> dict[str, int]:
    """Staff by phone, each with a number to type; answers the numbers. Others stay as they are."""
    known = {row["phone"]: row for row in await edit.rows(_KNOWN)}
    numbers = {phone: row["number"] for phone, row in known.items()}
    for person in people:
        part, row = person.part, known.get(person.phone)
        number = part.number or numbers.get(person.phone) or max(numbers.values(), default=0) + 1
        numbers[person.phone] = number
        staff_id = row["id"] if row else ids.uuid7()
        values = {"number": number, "name": part.name, "role": part.role, "phone": person.phone}
        await edit.put(_STAFF, id=staff_id, active=True, **values)
        if row is None and person.pin_hash:
            await edit.put(_SET_PIN, id=staff_id, pin_hash=person.pin_hash)
        await _list(edit, vault, person.phone, staff_id)
    return numbers


async def _list(edit: Edit, vault: Vault, phone: str, staff_id: UUID) -> None:
    hashed = address_hash(vault, Address("msisdn", phone))
    await edit.rows(_KNOW_ADDRESS, address=hashed.hex())
    await edit.rows(_DIRECTORY, address_hash=hashed, id=staff_id)


async def add_staff(
    db: Database,
    vault: Vault,
    tenant_id: UUID,
    part: StaffPart,
    ids: Identifiers,
    hasher: Hasher,
) -> int:
    """Add or change one person; answers their number. Raises SpecError, Unavailable."""
    await check_staff(db, tenant_id, part)
    if part.pin is not None:
        check_pin("pin", part.pin)
    region = (await db.read(tenant_id, _REGION))[0]["region"]
    people = await prepare(db, tenant_id, [part], region, hasher)
    async with editing(db, tenant_id) as edit:
        numbers = await write_staff(edit, people, vault, ids)
    return numbers[people[0].phone]


async def staff_without_pin(db: Database, tenant_id: UUID) -> list[tuple[int, str]]:
    """Number and name of everybody active who cannot sign in yet."""
    return [(row["number"], row["name"]) for row in await db.read(tenant_id, _PINLESS)]


async def check_staff(db: Database, tenant_id: UUID, part: StaffPart) -> None:
    """Whether this person may be added, but for a PIN that is not told yet. Raises SpecError."""
    check_name("name", part.name)
    region = (await db.read(tenant_id, _REGION))[0]["region"]
    staff_phone("staff.phone", part.phone, region)
    check_number("staff.number", part.number)


async def find_staff(db: Database, tenant_id: UUID, who: str) -> UUID:
    """Whoever has this phone or number. Raises SpecError when nobody has."""
    region = (await db.read(tenant_id, _REGION))[0]["region"]
    found = await db.read(tenant_id, _WHO, _named(who, region))
    if not found:
        raise SpecError("staff", f"nobody has the phone or number {who!r}")
    return UUID(str(found[0]["id"]))


async def remove_staff(db: Database, vault: Vault, tenant_id: UUID, who: str) -> None:
    """Somebody works here no more; what they did stays. `who`: a phone, or their number.

    Raises SpecError, Unavailable."""
    staff_id = await find_staff(db, tenant_id, who)
    async with editing(db, tenant_id) as edit:
        for row in await edit.rows(_REMOVE, id=staff_id):
            hashed = address_hash(vault, Address("msisdn", row["phone"]))
            await edit.rows(_KNOW_ADDRESS, address=hashed.hex())
            await edit.rows(_UNLIST, address_hash=hashed, id=staff_id)
            edit.changed = True


async def reset_pin(db: Database, tenant_id: UUID, who: str, pin: str, hasher: Hasher) -> None:
    """Give staff a new PIN and forgive their wrong tries. `who`: a phone, or their number.

    Raises SpecError, Unavailable."""
    check_pin("pin", pin)
    staff_id = await find_staff(db, tenant_id, who)
    pin_hash = await hasher.hash(Secret(pin))
    async with editing(db, tenant_id) as edit:
        await edit.put(_SET_PIN, id=staff_id, pin_hash=pin_hash)
        await edit.rows(_FORGIVE, subject=str(staff_id))


def _named(who: str, region: str) -> Mapping[str, str | int | None]:
    if who.isascii() and who.isdigit() and len(who) <= 4:
        return {"phone": None, "number": int(who)}
    return {"phone": staff_phone("staff", who, region), "number": None}
