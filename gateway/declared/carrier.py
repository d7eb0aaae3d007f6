"""A declared carrier as an adapter: the same pure functions that a module of `gateway.channels`
has, driven by its table (gateway/adapter.py). Called by whoever calls adapters.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from gateway.adapter import (
    Channel,
    Malformed,
    Outgoing,
    Peers,
    Profile,
    Refusal,
    Refused,
    Unknown,
    Verdict,
    require_other_proofs,
    require_two_proofs,
    shown_secret,
)
from gateway.codes import CODE
from gateway.declared import answering, asking, meaning
from gateway.declared.asking import Step
from gateway.declared.loading import Source, WrongTable, read
from gateway.declared.reading import BODY_MAX, as_text, met, read_fields
from gateway.declared.table import Table
from gateway.inbound import (
    Direct,
    Event,
    HttpRequest,
    HttpResponse,
    Ignored,
    Inbound,
)
from gateway.render import Page

_ENDED: Final = "We could not do that. Nothing was changed. Please dial again."
_BUSY: Final = "Service is busy. Nothing was charged. Please dial again."


class Declared:
    """One carrier, by its table. `PROFILE` and the methods are those of every adapter."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tables: dict[tuple[str, ...], Table] = {}
        self.table = self._of(tuple(s.default for s in source.settings.values()))
        asked, screen = self.table.request, self.table.screen
        self.PROFILE = Profile(
            surface="ussd",
            reply_in_response=True,
            septets=screen.septets,
            ucs2_chars=screen.ucs2_chars,
            session_ttl_s=screen.session_ttl_s,
            methods=(asked.method,),
            body_max=BODY_MAX,
            deeper=bool(asked.path),
            # Carriers of several countries are declared by one table, some with short counters.
            # Where all input is repeated, a session of another channel would begin here anew.
            session_scope="kind" if asked.input == "accumulated" else "channel",
        )

    @property
    def defaults(self) -> dict[str, str]:
        """The settings that count where a channel says nothing. A carrier that sends the latest
        input only, and no time of the request, cannot tell a retry from the same digit typed
        again (docs/security.md section 3, 8)."""
        latest = self.table.request.input == "latest" and not self.table.request.time
        own = {name: setting.default for name, setting in self._source.settings.items()}
        return own | ({"request_time": "session"} if latest else {})

    @property
    def allowed(self) -> dict[str, list[str]]:
        """The table's own settings, and what each may be; none for any short text."""
        return {name: setting.allowed for name, setting in self._source.settings.items()}

    def takes(self, name: str, value: str) -> bool:
        """Whether the table is right with this value of one of its settings."""
        told = {each: setting.default for each, setting in self._source.settings.items()}
        try:
            self._source.table(told | {name: value})
        except WrongTable:
            return False
        return True

    def verify(self, request: HttpRequest, channel: Channel, peers: Peers) -> None:
        """Two proofs; where the table names a field for it, the shared secret may be there. The
        end of a session, and nothing else, may lack a configured secret where the table says so;
        one that is shown must be right there too."""
        field = self.table.request.secret
        if field and channel.either("shared_secret") and not request.header("x-maita-secret"):
            shown = self._shown(request, field)
            request = replace(request, headers=(*request.headers, ("x-maita-secret", shown)))
        if self._ends_unshown(request, channel):
            require_other_proofs(channel, peers)
        else:
            require_two_proofs(request, channel, peers)

    def parse(self, request: HttpRequest, channel: Channel, now: datetime) -> list[Event]:
        """One step of a session, or its end. A code of another channel ends the session (U36)."""
        table = self._for(channel.settings)
        fields = read_fields(table.request, request, meaning.names(table))
        if end := meaning.end_of(table, fields):
            return [meaning.ended(table, end, fields, channel)]
        if any(met(notice.when, fields) for notice in table.notices):
            return [Ignored(reason="notification")]
        step = meaning.step(table, request, fields, channel)
        if meaning.is_foreign(table, fields, channel.address, step):
            odd = Ignored(reason="code of another channel", alarm="session_of_another_channel")
            return [odd, Direct(response=self.render(Page(text=_ENDED, end=True), step))]
        return [step]

    def address_of(self, request: HttpRequest) -> str | None:
        """The service code, where the carrier names it."""
        name = self.table.request.address
        try:
            code = str(read_fields(self.table.request, request, [name]).get(name, ""))
        except Malformed:
            return None
        return code if CODE.fullmatch(code) else None

    def render(self, page: Page | None, inbound: Inbound | None) -> HttpResponse:
        """The answer; a request that only tells something is answered as `ended` says."""
        kept = inbound.envelope if inbound else {}
        table = self._for({name: kept.get(f"${name}", "") for name in self._source.settings})
        if page is None:
            return answering.fixed(table.answer, table.ended)
        return answering.answer(table.answer, page.text, end=page.end, kept=kept)

    def refuse(self, reason: Refusal) -> HttpResponse:
        """403 without a word to strangers, else last words: the phone always gets a sentence."""
        if reason == "forged":
            return HttpResponse(status=403)
        if reason == "malformed" and self.table.malformed:
            return answering.fixed(self.table.answer, self.table.malformed)
        said = self.render(Page(text=_BUSY if reason == "busy" else _ENDED, end=True), None)
        return replace(said, status=400) if reason == "malformed" else said

    def compose(self, outgoing: Outgoing, channel: Channel) -> list[HttpRequest]:
        """USSD cannot be pushed."""
        return []

    def judge(self, response: HttpResponse | None) -> Verdict:
        """Never asked, since nothing is composed."""
        return Unknown() if response is None else Refused(reason="cannot push")

    def judge_report(self, code: str) -> Refused:
        """Never asked either."""
        return Refused(reason="cannot push")

    def ask(self, channel: Channel, url: str, step: Step) -> HttpRequest:
        """The inverse of `parse`: the carrier's request for a step, to the channel's URL."""
        return asking.ask(self._for(channel.settings), channel, url, step)

    def heard(self, channel: Channel, response: HttpResponse) -> asking.Heard | None:
        """The inverse of `render`: what a phone shows of an answer, None where it shows nothing."""
        return asking.heard(self._for(channel.settings).answer, response)

    def _for(self, settings: Mapping[str, str]) -> Table:
        """The table as a channel's settings make it."""
        own = self._source.settings
        return self._of(tuple(settings.get(name) or own[name].default for name in own))

    def _of(self, values: tuple[str, ...]) -> Table:
        if values not in self._tables:
            told = dict(zip(self._source.settings, values, strict=True))
            self._tables[values] = self._source.table(told)
        return self._tables[values]

    def _ends_unshown(self, request: HttpRequest, channel: Channel) -> bool:
        """Whether `parse` will find nothing but the end of a session here, told by a call that has
        no room for the secret and shows none."""
        table = self._for(channel.settings)
        if not channel.either("shared_secret") or all(end.secret for end in table.ends):
            return False
        if shown_secret(request):
            return False
        try:
            end = meaning.end_of(table, read_fields(table.request, request, meaning.names(table)))
        except Malformed:
            return False
        return end is not None and not end.secret

    def _shown(self, request: HttpRequest, field: str) -> str:
        try:
            return as_text(read_fields(self.table.request, request, [field]).get(field, ""))
        except Malformed:
            return ""


def load(path: Path) -> Declared:
    """The carrier that a file declares. Raises WrongTable."""
    return Declared(read(path))
