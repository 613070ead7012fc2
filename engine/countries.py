"""Countries by name: Zoom wants the two letters of ISO 3166, contacts often hold a name."""

from __future__ import annotations

import unicodedata

# After the list the time zone database publishes in the public domain.
# https://www.iana.org/time-zones
_NAMES = """
AD Andorra; AE United Arab Emirates; AF Afghanistan; AG Antigua and Barbuda; AI Anguilla; AL
Albania; AM Armenia; AO Angola; AQ Antarctica; AR Argentina; AS American Samoa; AT Austria; AU
Australia; AW Aruba; AX Åland Islands; AZ Azerbaijan; BA Bosnia and Herzegovina; BB Barbados; BD
Bangladesh; BE Belgium; BF Burkina Faso; BG Bulgaria; BH Bahrain; BI Burundi; BJ Benin; BL Saint
Barthelemy; BM Bermuda; BN Brunei; BO Bolivia; BQ Caribbean Netherlands; BR Brazil; BS Bahamas; BT
Bhutan; BV Bouvet Island; BW Botswana; BY Belarus; BZ Belize; CA Canada; CC Cocos Islands; CD
Democratic Republic of the Congo; CF Central African Republic; CG Republic of the Congo; CH
Switzerland; CI Côte d'Ivoire; CK Cook Islands; CL Chile; CM Cameroon; CN China; CO Colombia; CR
Costa Rica; CU Cuba; CV Cape Verde; CW Curaçao; CX Christmas Island; CY Cyprus; CZ Czech Republic;
DE Germany; DJ Djibouti; DK Denmark; DM Dominica; DO Dominican Republic; DZ Algeria; EC Ecuador;
EE Estonia; EG Egypt; EH Western Sahara; ER Eritrea; ES Spain; ET Ethiopia; FI Finland; FJ Fiji;
FK Falkland Islands; FM Micronesia; FO Faroe Islands; FR France; GA Gabon; GB United Kingdom; GD
Grenada; GE Georgia; GF French Guiana; GG Guernsey; GH Ghana; GI Gibraltar; GL Greenland; GM
Gambia; GN Guinea; GP Guadeloupe; GQ Equatorial Guinea; GR Greece; GS South Georgia and the South
Sandwich Islands; GT Guatemala; GU Guam; GW Guinea-Bissau; GY Guyana; HK Hong Kong; HM Heard
Island and McDonald Islands; HN Honduras; HR Croatia; HT Haiti; HU Hungary; ID Indonesia; IE
Ireland; IL Israel; IM Isle of Man; IN India; IO British Indian Ocean Territory; IQ Iraq; IR Iran;
IS Iceland; IT Italy; JE Jersey; JM Jamaica; JO Jordan; JP Japan; KE Kenya; KG Kyrgyzstan; KH
Cambodia; KI Kiribati; KM Comoros; KN Saint Kitts and Nevis; KP North Korea; KR South Korea; KW
Kuwait; KY Cayman Islands; KZ Kazakhstan; LA Laos; LB Lebanon; LC Saint Lucia; LI Liechtenstein;
LK Sri Lanka; LR Liberia; LS Lesotho; LT Lithuania; LU Luxembourg; LV Latvia; LY Libya; MA
Morocco; MC Monaco; MD Moldova; ME Montenegro; MF Saint Martin; MG Madagascar; MH Marshall
Islands; MK North Macedonia; ML Mali; MM Myanmar; MN Mongolia; MO Macau; MP Northern Mariana
Islands; MQ Martinique; MR Mauritania; MS Montserrat; MT Malta; MU Mauritius; MV Maldives; MW
Malawi; MX Mexico; MY Malaysia; MZ Mozambique; NA Namibia; NC New Caledonia; NE Niger; NF Norfolk
Island; NG Nigeria; NI Nicaragua; NL Netherlands; NO Norway; NP Nepal; NR Nauru; NU Niue; NZ New
Zealand; OM Oman; PA Panama; PE Peru; PF French Polynesia; PG Papua New Guinea; PH Philippines; PK
Pakistan; PL Poland; PM Saint Pierre and Miquelon; PN Pitcairn; PR Puerto Rico; PS Palestine; PT
Portugal; PW Palau; PY Paraguay; QA Qatar; RE Réunion; RO Romania; RS Serbia; RU Russia; RW
Rwanda; SA Saudi Arabia; SB Solomon Islands; SC Seychelles; SD Sudan; SE Sweden; SG Singapore; SH
Saint Helena; SI Slovenia; SJ Svalbard and Jan Mayen; SK Slovakia; SL Sierra Leone; SM San Marino;
SN Senegal; SO Somalia; SR Suriname; SS South Sudan; ST Sao Tome and Principe; SV El Salvador; SX
Sint Maarten; SY Syria; SZ Eswatini; TC Turks and Caicos Islands; TD Chad; TF French Southern
Territories; TG Togo; TH Thailand; TJ Tajikistan; TK Tokelau; TL East Timor; TM Turkmenistan; TN
Tunisia; TO Tonga; TR Turkey; TT Trinidad and Tobago; TV Tuvalu; TW Taiwan; TZ Tanzania; UA
Ukraine; UG Uganda; UM US Outlying Islands; US United States; UY Uruguay; UZ Uzbekistan; VA
Vatican City; VC Saint Vincent and the Grenadines; VE Venezuela; VG British Virgin Islands; VI US
Virgin Islands; VN Vietnam; VU Vanuatu; WF Wallis and Futuna; WS Samoa; YE Yemen; YT Mayotte; ZA
South Africa; ZM Zambia; ZW Zimbabwe
"""
# What people write besides, and what some countries call themselves.
_OTHER_NAMES = """
US USA; US United States of America; GB UK; GB Great Britain; GB England; GB Scotland; GB Wales;
GB Northern Ireland; KR Korea; KR Republic of Korea; RU Russian Federation; CZ Czechia; CI Ivory
Coast; CI Cote d'Ivoire; VN Viet Nam; NL Holland; TR Türkiye; MK Macedonia; SZ Swaziland; MM
Burma; CV Cabo Verde; AE UAE; CD DR Congo; CG Congo; TL Timor-Leste; MO Macao; VA Holy See; CN
China mainland; IE Republic of Ireland; BN Brunei Darussalam; LA Lao PDR; SY Syrian Arab Republic;
BA Bosnia; DE Deutschland; AT Österreich; CH Schweiz; ES España; IT Italia; BR Brasil; BE
Belgique; SE Sverige; NO Norge; DK Danmark; FI Suomi; PL Polska; MX México
"""


def find_country(text: str) -> str | None:
    """The two-letter code of a country given by code or name; None for what is neither."""
    name = _plain(text)
    return name.upper() if name.upper() in _CODES else _BY_NAME.get(name)


def _plain(name: str) -> str:
    """The name in small letters, without accents, marks or a leading article."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    for mark in "-,":
        letters = letters.replace(mark, " ")
    kept = "".join(one for one in letters if one.isalnum() or one.isspace())
    words = ["saint" if word == "st" else word for word in kept.split()]
    return " ".join(words[1:] if words[:1] == ["the"] else words)


def _entries(text: str) -> list[tuple[str, str]]:
    entries = [entry.split() for entry in text.split(";")]
    return [(_plain(" ".join(words)), code) for code, *words in entries]


_CODES = {code for _, code in _entries(_NAMES)}
_BY_NAME = dict([*_entries(_OTHER_NAMES), *_entries(_NAMES)])
