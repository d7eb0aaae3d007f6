"""A newcomer in Amman by USSD in Arabic: joins, looks around, redeems; every page holds 80."""

import httpx

from tests.e2e.conftest import award, handset
from tests.e2e.process import Gateway

SHOP = "cafe-aroma"
PHONE = "+962791119001"
SCREEN_UNITS = 80


async def test_a_newcomer_is_served_in_arabic(gateway: Gateway, http: httpx.AsyncClient) -> None:
    phone = handset(gateway, SHOP, PHONE)
    seen: list[str] = []

    async def pick(*labels: str) -> str:
        for label in labels:
            seen.append(await phone.pick(http, label))
        return phone.screen

    await phone.dial(http)
    await pick("Language", "العربية", "انضم مجانا")
    assert "نحفظ رقمك واسمك" in phone.screen
    await pick("موافق")
    seen.append(await phone.say(http, "محمد"))
    assert "أهلا محمد! نقاط البداية: 10." in phone.screen
    assert "اطلب \u200e*123*1# متى شئت." in phone.screen

    seen.append(await phone.say(http, "00"))

    asked, done = await award(gateway, http, SHOP, PHONE, "50")
    assert "محمد\u200e: +500 pts for 50.000 JOD?" in asked
    assert "Done. محمد has 510 pts." in done
    seen.append(await phone.dial(http))
    seen.append(await phone.say(http, "00"))
    assert "محمد: 510 نقاط، Silver\n1 - رصيدي\n" in phone.screen
    assert "لديك 510 نقاط." in await pick("رصيدي")
    seen.append(await phone.say(http, "00"))
    assert "Free Coffee مقابل 100 من نقاطك؟ يبقى لك 410." in await pick("المكافآت", "Free Coffee")
    assert "حجزنا Free Coffee حتى" in await pick("نعم")
    seen.append(await phone.say(http, "00"))
    assert "Free Coffee بالانتظار" in await pick("مكافآتي")
    assert [page for page in seen if len(page.removeprefix("CON ")) > SCREEN_UNITS] == []
