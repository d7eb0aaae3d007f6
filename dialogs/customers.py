"""A customer as staff dialogs carry one from screen to screen. Called by staff dialogs."""

from typing import Any

from core.members.commands import Found
from dialogs.dialog import View


def customer_slots(found: Found) -> dict[str, Any]:
    """A found customer, as JSON."""
    return {
        "member": str(found.member_id),
        "name": found.name,
        "phone": found.phone,
        "tier": found.tier,
        "available": found.available,
        "code_id": str(found.code_id) if found.code_id else None,
        "linked": found.linked,
    }


def customer_line(view: View) -> str:
    """`Rudo, Silver, +962 79 *** 4567`: what staff see before they confirm."""
    return view.joined(customer_name(view), standing_line(view))


def standing_line(view: View) -> str:
    """`Silver, +962 79 *** 4567`."""
    slots = view.slots
    return view.joined(slots["tier"], view.phone(slots["phone"]) if slots["phone"] else "")


def customer_name(view: View) -> str:
    """The name, or a word for one who gave none."""
    return str(view.slots["name"]) or view.t("Customer")
