"""Sample requests of every kind of channel, as its carrier would make them, and what a phone shows
of the answer. For `maita channel test`, and for tests that drive any kind the same way:

    request = sample_request(adapter, channel, public_url, Step(phone=…, session=…, at=…))
    shown = screen(adapter, channel, response)          # USSD: words, and whether input is awaited

An equal step makes an equal request, byte for byte: a retry.
"""

from gateway.declared.asking import Heard, Step
from gateway.samples.answers import screen
from gateway.samples.asking import Unsampled, sample_request

__all__ = ["Heard", "Step", "Unsampled", "sample_request", "screen"]
