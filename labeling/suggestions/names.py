"""The names of countries, nationalities and cities, from well-kept libraries.

Names of countries and of the cities after which time zones are named come from Unicode's CLDR by way of babel;
nationalities, capitals and official names ("Republic of Korea") from countryinfo. All in English.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

NameList: TypeAlias = Literal["countries", "nationalities", "cities"]

_KOSOVO = "XK"  # a country of CLDR's without an ISO code


def load_names(which: NameList) -> frozenset[str]:
    """All names of one list, as newspapers print them.

    ``"Türkiye"``, ``"Turkey"`` and ``"Republic of Turkey"`` are among the countries, ``"Turkish"`` among the
    nationalities, ``"Ankara"`` and ``"Istanbul"`` among the cities. The cities are without names that are also those
    of a country.
    """
    if which == "countries":
        return frozenset(_countries())
    if which == "nationalities":
        return frozenset(_nationalities())
    return frozenset(_cities()) - frozenset(_countries()) - {""}


def _countries() -> Iterator[str]:
    from babel import Locale
    from countryinfo import all_countries

    territories = Locale("en").territories
    # CLDR also has regions and continents, which countryinfo does not know.
    codes = {country.iso(2) for country in all_countries()} | {_KOSOVO}
    for code in codes & set(territories):
        yield from _printed_names(territories[code])
    for country in all_countries():
        yield country.name().removeprefix("The ")
        # Most other spellings are codes, or names in other scripts and languages.
        yield from (
            name for name in country.alt_spellings() if re.match(r"[A-Z][^,]* (of|Republic|Federation)\b", name)
        )


def _printed_names(name: str) -> Iterator[str]:
    """CLDR's name as papers print it: ``Myanmar (Burma)`` is two names, ``Hong Kong SAR China`` is cut, & is "and"."""
    for part in re.split(r" \(|\)| SAR ", name)[:2]:
        full = part.replace(" & ", " and ").replace("St. ", "Saint ")
        yield from {full, full.replace("Saint ", "St. ")} - {""}


def _nationalities() -> Iterator[str]:
    from countryinfo import all_countries

    for country in all_countries():
        yield from filter(None, re.split(r",|/| and ", country.demonym() or ""))


def _cities() -> Iterator[str]:
    from babel import Locale
    from babel.core import get_global
    from countryinfo import all_countries

    zones = Locale("en").time_zones
    # A zone without a city of its own in CLDR is named after one: `America/New_York`.
    exemplars = (zones.get(zone, {}).get("city") or zone.rpartition("/")[2] for zone in get_global("zone_territories"))
    capitals = (country.capital() for country in all_countries())
    for city in (*exemplars, *capitals):
        # Some zones are not named after a city ("GMT+1"), others with a state ("Knox, Indiana").
        if isinstance(city, str) and not re.search(r"[\d,/]|^UTC$", city):
            yield city.replace("_", " ")
