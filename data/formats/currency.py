"""Currencies: ISO 4217 codes, the signs that exports write for them, and amounts as text."""

import re

_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
    GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN
    NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK
    SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS
    VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW
"""
CODES = frozenset(_CODES.split())
"""Codes of ISO 4217 in use, and recently in use."""
SYMBOLS = {
    "US$": "USD", "AU$": "AUD", "A$": "AUD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD",
    "SG$": "SGD", "S$": "SGD", "NT$": "TWD", "MX$": "MXN", "R$": "BRL", "€": "EUR", "£": "GBP",
    "₹": "INR", "Rp": "IDR", "Rp.": "IDR", "JP¥": "JPY", "円": "JPY", "CN¥": "CNY", "元": "CNY",
    "₩": "KRW", "원": "KRW", "₫": "VND", "đ": "VND", "฿": "THB", "₱": "PHP", "RM": "MYR",
    "₺": "TRY", "TL": "TRY", "₽": "RUB", "₴": "UAH", "₪": "ILS", "zł": "PLN", "Kč": "CZK",
    "Ft": "HUF", "R": "ZAR", "S/": "PEN", "S/.": "PEN", "₦": "NGN", "₡": "CRC", "₲": "PYG",
    "₸": "KZT", "₾": "GEL", "৳": "BDT",
}  # fmt: skip
"""Signs of one currency alone."""
SHARED_SYMBOLS = {
    "$": "ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP CVE DOP FJD GYD HKD JMD KYD LRD MXN NAD NIO "
    "NZD SBD SGD SRD TOP TTD TWD USD UYU XCD",
    "C$": "CAD NIO",
    "¥": "CNY JPY",
    "kr": "DKK ISK NOK SEK",
    "kr.": "DKK ISK NOK SEK",
    "Rs": "INR LKR MUR NPR PKR SCR",
    "Rs.": "INR LKR MUR NPR PKR SCR",
    "₨": "INR LKR MUR NPR PKR SCR",
    "lei": "MDL RON",
    "FCFA": "XAF XOF",
}
"""Signs of several currencies, which are kept as they are unless a code stands beside them."""
SIGN = "|".join(
    rf"{'(?<![A-Z])' * sign[0].isalpha()}{re.escape(sign)}{'(?![A-Z])' * sign[-1].isalpha()}"
    for sign in sorted((*SYMBOLS, *SHARED_SYMBOLS), key=len, reverse=True)
)
SIGN += "|(?<![A-Z])[A-Z]{3}(?![A-Z])"
"""Pattern of a sign or of a code, known or not; for use without regard to upper and lower case."""
_NO_DECIMALS = """
    AFN ALL BIF CLP COP DJF GNF HUF IDR IQD IRR ISK JPY KMF KPW KRW LAK LBP MGA MMK PYG RWF SOS SYP
    UGX VND VUV XAF XOF XPF YER
"""  # as in CLDR, of those in use; ISO 4217 gives two to IDR, HUF and others
_THREE_DECIMALS = "BHD JOD KWD LYD OMR TND"
_DECIMALS = dict.fromkeys(_NO_DECIMALS.split(), 0) | dict.fromkeys(_THREE_DECIMALS.split(), 3)
_PRINTED = {
    "USD": "$", "AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "HKD": "HK$", "SGD": "S$", "TWD": "NT$",
    "MXN": "MX$", "BRL": "R$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥", "CNY": "CN¥",
    "KRW": "₩", "VND": "₫", "PHP": "₱", "TRY": "₺", "UAH": "₴", "ILS": "₪", "IDR": "Rp",
}  # fmt: skip
_UNKNOWN = "$"  # sign of amounts whose currency no export names
_SYMBOL_OF = {symbol.lower(): code for symbol, code in SYMBOLS.items()}
_SHARED_OF = {
    symbol.lower(): (symbol.rstrip("."), frozenset(codes.split()))
    for symbol, codes in SHARED_SYMBOLS.items()
}


def currency_of(*signs: str) -> str | None:
    """Currency that one or more signs or codes name together, as in `$ 12.30 USD`.

    Args:
        signs: signs or codes, in upper or lower case; at least one.

    Returns:
        ISO code; the sign itself if several currencies share it (`$`, `¥`, `kr`); None if a sign is
        unknown or the signs contradict each other.
    """
    codes: frozenset[str] | None = None
    symbol = ""
    for sign in signs:
        meant = _meaning(sign)
        codes = meant[1] if codes is None else codes & meant[1]
        symbol = symbol or meant[0]
    if not codes:
        return None
    return next(iter(codes)) if len(codes) == 1 else symbol


def _meaning(sign: str) -> tuple[str, frozenset[str]]:
    """A sign as it is written, and the codes that it may stand for."""
    key = sign.lower()
    if sign.upper() in CODES:
        return sign.upper(), frozenset({sign.upper()})
    if key in _SYMBOL_OF:
        return _SYMBOL_OF[key], frozenset({_SYMBOL_OF[key]})
    return _SHARED_OF.get(key, (sign, frozenset()))


def decimals_of(currency: str | None) -> int:
    """Number of decimals with which amounts are written; 2 where the currency is not known."""
    return _DECIMALS.get(currency or "", 2)


def sign_of(currency: str | None) -> str:
    """Sign that is printed for a currency: `€`, `CHF`, `kr`; `$` where it is not known."""
    return _PRINTED.get(currency or _UNKNOWN, currency or _UNKNOWN)


def unit_of(currency: str | None) -> str:
    """Unit of amounts in headings and on axes: `€`, `CHF`, `kr`; `dollars` if it is not known."""
    return "dollars" if currency is None else sign_of(currency)


def money(amount: float, currency: str | None, decimals: int | None = None) -> str:
    """Amount as text like `format_amount`, with `$` where the currency is not known."""
    return format_amount(amount, currency or _UNKNOWN, decimals)


def format_amount(amount: float, currency: str | None, decimals: int | None = None) -> str:
    """Amount as text, `$1,234.50`, `-€3.00`, `¥1,235` or `CHF 12.30`.

    Args:
        amount: finite number.
        currency: ISO code or shared sign; None leaves the sign away.
        decimals: number of decimals; None takes that of the currency.

    Returns:
        Text with thousands commas and a decimal point.
    """
    number = f"{abs(amount):,.{decimals_of(currency) if decimals is None else decimals}f}"
    minus = "-" if amount < 0 and any(digit in number for digit in "123456789") else ""
    sign = _PRINTED.get(currency or "", currency or "")
    gap = " " if sign[-1:].isalpha() else ""
    return f"{minus}{sign}{gap}{number}"
