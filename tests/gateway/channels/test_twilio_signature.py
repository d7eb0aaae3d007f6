"""Twilio's own published signatures (docs/wire-formats.md section 7)."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from gateway.adapter import Forged, Peers
from gateway.channels import twilio_sms
from gateway.inbound import HttpRequest
from tests.gateway.channels.cases import kinds
from tests.gateway.channels.signing import twilio

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
REPEATED = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")]
REPEATED_SIGNATURE = "IK+Dwps556ElfBT0I3Rgjkr1wJU="


class Fields(dict[str, str]):
    """What the library takes for fields that come twice."""

    def getall(self, name: str) -> list[str]:
        return [value for key, value in REPEATED if key == name]


def verdict(fields: object, signature: str) -> str:
    """Why our adapter does not take this for a message: neither of the two is one."""
    kind = next(kind for kind in kinds() if kind.name == "twilio_sms")
    channel = replace(kind.cases[0].channel, secrets={"auth_token": "12345"})
    headers = (("x-twilio-signature", signature),)
    body = urlencode(fields).encode()  # type: ignore[arg-type]
    with pytest.raises(Forged) as refused:
        twilio_sms.verify(
            HttpRequest(method="POST", url=URL, headers=headers, body=body), channel, Peers()
        )
    return str(refused.value)


def test_the_library_and_the_tests_sign_as_published() -> None:
    assert RequestValidator("12345").compute_signature(URL, CALL) == SIGNATURE
    assert twilio("12345", URL, b"", CALL) == (("x-twilio-signature", SIGNATURE),)
    computed = RequestValidator("12345").compute_signature(URL, Fields(REPEATED))
    assert computed == REPEATED_SIGNATURE


def test_the_published_signature_is_right_but_a_call_is_no_message() -> None:
    assert verdict(CALL, SIGNATURE) == "a field is missing"
    assert verdict(CALL | {"Digits": "1235"}, SIGNATURE) == "signature"


def test_repeated_fields_are_refused_even_when_signed() -> None:
    assert verdict(REPEATED, REPEATED_SIGNATURE) == "fields"
