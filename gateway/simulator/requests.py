"""What the browser and the terminal ask of the simulator, checked."""

from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request

BODY_MAX: Final = 16_384
Number = Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{6,14}$")]
Said = Annotated[str, msgspec.Meta(max_length=4096)]
Keyed = Annotated[str, msgspec.Meta(max_length=182)]
Identifier = Annotated[str, msgspec.Meta(max_length=256)]

T = TypeVar("T")


class Dial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dial `code`; `channel` when several networks know it."""

    phone: Number
    code: Annotated[str, msgspec.Meta(pattern=r"^\*[0-9*]{1,60}#$")]
    channel: UUID | None = None


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answer the open USSD screen."""

    phone: Number
    text: Keyed


class Hangup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Leave the USSD session."""

    phone: Number


class Whose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose phone is recorded."""

    phone: Number


class Chat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Write `text`, or tap `choice` of the message `about`."""

    channel: UUID
    phone: Number
    text: Said = ""
    about: Identifier = ""
    choice: Identifier = ""


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The thread is on the screen, so its messages are read."""

    channel: UUID
    phone: Number


class Refusal(Exception):
    """The request is wrong; the message is safe to show."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


async def read_body(request: Request, shape: type[T]) -> T:
    """The JSON body of a request as `shape`, or Refusal."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise Refusal(415, "Send application/json.")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_MAX:
            raise Refusal(413, "That is too long.")
    return _decoded(body, shape)


def read_number(text: str) -> str:
    """A phone number of a query, or Refusal."""
    return str(_converted(text, Number, "Give the phone number as +263771234567."))


def read_watches(texts: list[str]) -> list[tuple[UUID, str]]:
    """`{channel}:{phone}` of a query, or Refusal."""
    pairs = [text.partition(":") for text in texts]
    reason = "Watch channel:phone."
    return [
        (_converted(channel, UUID, reason), _converted(number, Number, reason))
        for channel, _, number in pairs
    ]


def _decoded(body: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, "That is not a request the phones understand.") from error


def _converted(text: str, shape: Any, reason: str) -> Any:
    try:
        return msgspec.convert(text, shape)
    except msgspec.ValidationError as error:
        raise Refusal(400, reason) from error
