"""How a phone speaks through each kind of channel: the request its carrier sends, proved as that
carrier proves it, and where the answer is read.

Written apart from the adapters and the simulator, after docs/wire-formats.md, so that neither hides
a fault of the other. `SPEAKERS` must name every kind that the gateway discovers: what is tested
over every kind (`test_every_kind.py`, `test_kill.py`, `test_race.py` …) finds a new one here.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID
from xml.sax.saxutils import escape

import httpx
from defusedxml.ElementTree import fromstring

from gateway.adapter import Channel
from gateway.declared.asking import Step
from gateway.declared.carrier import Declared
from gateway.inbound import HttpResponse
from gateway.kinds import discover
from tests.e2e.carriers import Meta, Twilio
from tests.e2e.speech import Heard, Line, Posted, Said, Speaker

FORM: Final = ("content-type", "application/x-www-form-urlencoded")
ECONET: Final = "http://econet.co.zw/intergration/messagingSchema"


class Ussd:
    """What all USSD kinds share."""

    ussd = True

    def sent(self, fields: Mapping[str, Any]) -> tuple[str, str] | None:
        return None


class Chat:
    """What all kinds share whose answers are sent."""

    ussd = False

    def heard(self, line: Line, answer: httpx.Response) -> Heard:
        raise AssertionError("answers are sent, not returned")


class AfricasTalkingUssd(Ussd):
    """Section 1: a form with all input so far."""

    def line(self, number: int, token: str, provider: str) -> Line:
        return Line(kind="africastalking_ussd", address=f"*77{number}#", token=token)

    def asks(self, line: Line, base_url: str, said: Said) -> Posted:
        form = {
            "sessionId": f"ATUid_{said.session}",
            "phoneNumber": said.phone,
            "networkCode": "64801",
            "serviceCode": line.address,
            "text": "*".join(said.inputs),
        }
        url = f"{base_url}/public/ussd/callback/{line.token}"
        return Posted(url=url, headers=(FORM,), body=urlencode(form).encode())

    def heard(self, line: Line, answer: httpx.Response) -> Heard:
        state, _, text = answer.text.partition(" ")
        assert state in ("CON", "END"), answer.text
        return Heard(text, state == "END")


class EconetUssd(Ussd):
    """Section 2: XML with the latest input."""

    def line(self, number: int, token: str, provider: str) -> Line:
        return Line(kind="econet_ussd", address=f"4{number:04d}", token=token)

    def asks(self, line: Line, base_url: str, said: Said) -> Posted:
        elements = {
            "transactionTime": said.at.isoformat(timespec="milliseconds"),
            "transactionID": said.session,
            "sourceNumber": said.phone.removeprefix("+"),
            "destinationNumber": line.address,
            "message": said.latest if said.inputs else f"*{line.address}#",
            "stage": "PENDING" if said.inputs else "FIRST",
            "channel": "USSD",
        }
        inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in elements.items())
        return Posted(
            url=f"{base_url}/public/ussd/callback/{line.token}",
            headers=(("content-type", "text/xml; charset=utf-8"),),
            body=f'<messageRequest xmlns="{ECONET}">{inner}</messageRequest>'.encode(),
        )

    def heard(self, line: Line, answer: httpx.Response) -> Heard:
        told = {element.tag: element.text or "" for element in fromstring(answer.content)}
        stage = told[f"{{{ECONET}}}stage"]
        assert stage in ("MENU_PROCESSING", "COMPLETE"), answer.text
        return Heard(told[f"{{{ECONET}}}message"], stage == "COMPLETE")


class MetaWhatsapp(Chat):
    """Section 6: JSON, signed with the app's secret."""

    def line(self, number: int, token: str, provider: str) -> Line:
        return Line(
            kind="meta_whatsapp",
            address=f"9000000000{number:04d}",
            token=token,
            app_id=f"app-{number}",
            settings={"base_url": provider},
            secrets={
                "app_secret": f"app secret of {token}",
                "verify_token": f"verify-{token}",
                "access_token": "EAA",
            },
        )

    def asks(self, line: Line, base_url: str, said: Said) -> Posted:
        meta = Meta(url="", phone_number_id=line.address, app_secret=line.secrets["app_secret"])
        content = {"type": "text", "text": {"body": said.latest}}
        now = {"timestamp": str(int(said.at.timestamp()))}
        body = meta.body(meta.message(said.phone, content | now, f"wamid.{said.id()}"))
        return Posted(
            url=f"{base_url}/public/wa/webhook/{line.token}",
            headers=(
                ("content-type", "application/json"),
                ("x-hub-signature-256", meta.signature(body)),
            ),
            body=body,
        )

    def sent(self, fields: Mapping[str, Any]) -> tuple[str, str] | None:
        if "messaging_product" not in fields:
            return None
        return f"+{fields['to']}", str(fields[fields["type"]])


class TwilioSms(Chat):
    """Section 7: a form, signed over the URL and all fields."""

    kind, page, prefix, digits = "twilio_sms", "sms/callback", "", "2"

    def line(self, number: int, token: str, provider: str) -> Line:
        return Line(
            kind=self.kind,
            address=f"+2637{self.digits}00{number:04d}",
            token=token,
            settings={"base_url": provider},
            secrets={"account_sid": f"AC{token}", "auth_token": f"auth token of {token}"},
        )

    def asks(self, line: Line, base_url: str, said: Said) -> Posted:
        twilio = Twilio(
            url=f"{base_url}/public/{self.page}/{line.token}",
            number=f"{self.prefix}{line.address}",
            account_sid=line.secrets["account_sid"],
            auth_token=line.secrets["auth_token"],
        )
        form = twilio.form(f"{self.prefix}{said.phone}", said.latest, f"SM{said.id()}")
        headers = (FORM, ("x-twilio-signature", twilio.signature(form)))
        return Posted(url=twilio.url, headers=headers, body=urlencode(form).encode())

    def sent(self, fields: Mapping[str, Any]) -> tuple[str, str] | None:
        to = str(fields.get("To", ""))
        # A text message and a WhatsApp message differ by the prefix of their numbers alone.
        ours = to.startswith("whatsapp:") == bool(self.prefix) and "Body" in fields
        return (to.removeprefix(self.prefix), str(fields["Body"])) if ours else None


class TwilioWhatsapp(TwilioSms):
    """Section 7, WhatsApp: the same form with prefixed numbers."""

    kind, page, prefix, digits = "twilio_whatsapp", "wa/webhook", "whatsapp:", "3"


class AfricasTalkingSms(Chat):
    """Section 1: a form, signed by nobody."""

    def line(self, number: int, token: str, provider: str) -> Line:
        return Line(
            kind="africastalking_sms",
            address=f"2{number:04d}",
            token=token,
            settings={"base_url": provider},
            secrets={"username": f"shop-{number}", "api_key": f"atsk_{token}"},
        )

    def asks(self, line: Line, base_url: str, said: Said) -> Posted:
        form = {
            "id": said.id(),
            "linkId": said.id("link"),
            "text": said.latest,
            "from": said.phone,
            "to": line.address,
            "date": said.at.strftime("%Y-%m-%d %H:%M:%S"),
        }
        url = f"{base_url}/public/sms/callback/{line.token}"
        return Posted(url=url, headers=(FORM,), body=urlencode(form).encode())

    def sent(self, fields: Mapping[str, Any]) -> tuple[str, str] | None:
        ours = "enqueue" in fields
        return (str(fields["to"]), str(fields["message"])) if ours else None


class KannelSms(Chat):
    """Section 9: all in the query of a GET, signed by nobody."""

    def line(self, number: int, token: str, provider: str) -> Line:
        return Line(
            kind="kannel_sms",
            address=f"3{number:04d}",
            token=token,
            settings={"base_url": provider},
            secrets={"username": f"shop-{number}", "password": f"password of {token}"},
        )

    def asks(self, line: Line, base_url: str, said: Said) -> Posted:
        query = urlencode(
            {
                "id": said.id(), "sender": said.phone, "to": line.address, "message": said.latest,
                "ts": str(int(said.at.timestamp())), "coding": "0", "charset": "UTF-8",
            }
        )  # fmt: skip
        return Posted(method="GET", url=f"{base_url}/public/sms/callback/{line.token}?{query}")

    def sent(self, fields: Mapping[str, Any]) -> tuple[str, str] | None:
        ours = "coding" in fields
        return (str(fields["to"]), str(fields["text"])) if ours else None


class DeclaredUssd(Ussd):
    """Sections 3 to 6 and 8: a form as its table says it (`gateway/declared`). Here the table is
    played from its other side, so that a new one is spoken through without a word of code."""

    def __init__(self, kind: str, carrier: Declared) -> None:
        self._kind, self._carrier = kind, carrier

    def line(self, number: int, token: str, provider: str) -> Line:
        # What cannot be told from a retry by its time is told by a window, wide enough for a
        # process to be killed in.
        timeless = self._carrier.defaults.get("request_time") == "session"
        settings = {"retry_window_s": "60"} if timeless else {}
        return Line(kind=self._kind, address=f"*88{number}#", token=token, settings=settings)

    def asks(self, line: Line, base_url: str, said: Said) -> Posted:
        step = Step(phone=said.phone, session=said.session, at=said.at, inputs=said.inputs)
        asked = self._carrier.ask(_channel(line), base_url, step)
        return Posted(method=asked.method, url=asked.url, headers=asked.headers, body=asked.body)

    def heard(self, line: Line, answer: httpx.Response) -> Heard:
        response = HttpResponse(
            status=answer.status_code,
            body=answer.content,
            headers=tuple(answer.headers.items()),
        )
        heard = self._carrier.heard(_channel(line), response)
        assert heard is not None, (line.kind, answer.status_code, answer.text)
        return Heard(heard.words, not heard.open)


def _channel(line: Line) -> Channel:
    nobody = UUID(int=0)
    return Channel(
        id=nobody,
        owner=nobody,
        kind=line.kind,
        address=line.address,
        token=line.token,
        region="ZW",
        settings=line.settings,
        secrets=line.secrets,
    )


WRITTEN: Final[dict[str, Speaker]] = {
    "africastalking_ussd": AfricasTalkingUssd(),
    "econet_ussd": EconetUssd(),
    "meta_whatsapp": MetaWhatsapp(),
    "twilio_whatsapp": TwilioWhatsapp(),
    "twilio_sms": TwilioSms(),
    "africastalking_sms": AfricasTalkingSms(),
    "kannel_sms": KannelSms(),
}
SPEAKERS: Final[dict[str, Speaker]] = WRITTEN | {
    kind: DeclaredUssd(kind, adapter)
    for kind, adapter in discover().items()
    if isinstance(adapter, Declared)
}
USSD: Final = [kind for kind, speaker in SPEAKERS.items() if speaker.ussd]
CHAT: Final = [kind for kind, speaker in SPEAKERS.items() if not speaker.ussd]
