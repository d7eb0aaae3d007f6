"""The currencies a shop may count in: those of ISO 4217 in use, whose decimals `core.values` knows.

A currency without decimals that is not in `core.values.EXPONENTS` (such as KRW or VND) is left out:
counted with two decimals, every purchase would be wrong a hundredfold.
"""

from typing import Final

_TEXT: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
    CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ
    GYD HKD HNL HTG HUF IDR ILS INR IQD IRR JMD JOD JPY KES KGS KHR KPW KWD KYD KZT LAK LBP LKR
    LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
    OMR PAB PEN PGK PHP PKR PLN QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
    STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES WST XAF XCD XCG
    XOF YER ZAR ZMW ZWG
"""
CURRENCIES: Final = frozenset(_TEXT.split())
