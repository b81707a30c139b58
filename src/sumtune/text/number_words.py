"""Recognize numbers written as words, in seventeen languages besides English."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

__all__ = ["has_number_words"]

WORDS: Mapping[str, str] = {
    "German": "zwei~ drei~ dritt~ vier~ fünf~ sech~ sieb~ acht~ neun~ zehn~ elf~ zwölf~ zwanzig~ einund~ "
    "hundert~ tausend~ halb~ anderthalb~ dutzend~ beid~ paar",
    "French": "deux~ trois~ quatr~ cinq~ six~ sept~ huit~ neuf~ neuv~ dix~ onz~ douz~ treiz~ quatorz~ "
    "quinz~ seiz~ vingt~ trent~ quarant~ cinquant~ soixant~ cent~ mille~ demi~ moitié quart~ second~ paire "
    "midi minuit",
    "Spanish": "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieci~ "
    "veint~ treint~ cuarent~ cincuent~ sesent~ setent~ ochent~ novent~ cien~ dosc~ tresc~ cuatroc~ "
    "quinient~ seisc~ setec~ ochoc~ novec~ mil medi~ mitad cuarto~ docena~ segund~ tercer~ ambos ambas par",
    "Portuguese": "dois duas três quatro cinco seis sete oito nove dez onze doze treze catorze quatorze "
    "quinze dezess~ dezass~ dezoito dezenove dezanove vinte~ trinta quarenta cinquenta sessenta setenta "
    "oitenta noventa cem cento~ duzent~ trezent~ quatrocent~ quinhent~ seiscent~ setecent~ oitocent~ "
    "novecent~ mil mei~ metade dúzia~ segund~ terceir~ quart~ ambos ambas par",
    "Italian": "due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici "
    "sedici diciassette diciotto diciannove vent~ trent~ quarant~ cinquant~ sessant~ settant~ ottant~ "
    "novant~ cento~ duecent~ trecent~ quattrocent~ cinquecent~ seicent~ settecent~ ottocent~ novecent~ "
    "mille mila~ mezz~ metà quart~ dozzin~ second~ terz~ entramb~ paio",
    "Dutch": "twee~ drie~ derd~ vier~ vijf~ zes~ zeven~ acht~ negen~ tien~ elf~ twaalf~ dert~ veert~ "
    "twintig~ honderd~ duizend~ half~ halve anderhalf~ kwart~ dozijn~ beide~ paar",
    "Polish": "dwa dwie dwó~ dwoj~ dwu~ dwom~ dwana~ dwadz~ drug~ trzy~ trzec~ trzem~ czter~ czwart~ pięć~ "
    "pięc~ piąt~ sześ~ szóst~ siedem~ siedm~ siódm~ osiem~ ośm~ ósm~ dziewi~ dziesi~ jedena~ sto stu setk~ "
    "tysi~ połow~ pół~ wpół kwadrans~ tuzin~ para parę oba obie oboj~ czterysta",
    "Czech": "dva dvě dvou~ dvěm~ dvac~ dvan~ druh~ tři~ třech třem~ třet~ čtyř~ čtvr~ pět~ pát~ šest~ "
    "sedm~ osm~ devět~ devít~ devát~ deset~ desít~ desát~ jedená~ sto stě sta set tisíc~ půl~ polovin~ "
    "tucet~ pár oba obě",
    "Turkish": "iki~ üç~ dört~ beş~ altı~ altm~ yedi~ sekiz~ dokuz~ on onun onda yirmi~ otuz~ kırk~ elli~ "
    "yetmiş~ seksen~ doksan~ yüz~ bin~ buçuk~ yarı~ çeyrek~ düzine~ çift~",
    "Vietnamese": "hai ba bốn tư năm lăm sáu bảy bẩy tám chín mười mươi trăm nghìn ngàn triệu rưỡi nửa chục tá đôi cặp",
    "Cyrillic": "дв~ обе оба обои~ тр~ четыр~ чотир~ четв~ пят~ шест~ шіст~ сем~ сім~ седем~ восем~ восьм~ "
    "вісім~ осем~ девят~ девет~ десят~ десет~ пет~ одинн~ сорок~ сто ста сот~ двест~ трист~ тысяч~ тисяч~ "
    "полтор~ полов~ полч~ полд~ пара пару втор~ дюжин~",
    "Devanagari": "दो दोन~ दुई~ पाच~ सहा~ नऊ दहा~ वीस~ दोनों तीन~ चार~ पाँच~ पांच~ छह छः छे सात~ आठ~ नौ दस~ ग्यारह बारह तेरह "
    "चौदह पंद्रह पन्द्रह सोलह सत्रह अठारह उन्नीस बीस~ तीस~ चालीस~ पचास~ साठ~ सत्तर~ अस्सी~ नब्बे~ सौ~ हज़ार~ हजार~ लाख~ "
    "करोड़~ साढ़े साढे सवा डेढ़ ढाई आध~ पौन~ दूसर~ तीसर~ चौथ~ दर्जन~",
    "Arabic": "~اثن~ ~ثلاث~ ~أربع~ ~اربع~ ~خمس~ ~ست ~ستة~ ~ستين ~سبع~ ~ثمان~ ~تسع~ ~عشر~ ~مئ~ ~مائ~ ~ألف~ "
    "~الف ~نصف~ ~ربع~ ~ثلث~ ~ثاني~ ~ثالث~ ~رابع~ ~خامس~ ~سادس~ ~سابع~ ~ثامن~ ~تاسع~ ~عاشر~",
    "Hebrew": "~שתי~ ~שני~ ~שנים ~שלוש~ ~שליש~ ~ארבע~ ~רביע~ ~חמש~ ~חמיש~ ~שש ~ששה ~שיש~ ~שבע~ ~שביע~ "
    "~שמונ~ ~תשע~ ~עשר~ ~מאה ~מאות ~מאתיים ~אלף ~אלפ~ ~חצי ~רבע~",
    "Chinese": "~二~ ~两~ ~兩~ ~三~ ~四~ ~五~ ~六~ ~七~ ~八~ ~九~ ~十~ ~百~ ~千~ ~万~ ~萬~ ~半~ ~双~",
    "Japanese": "~二~ ~三~ ~四~ ~五~ ~六~ ~七~ ~八~ ~九~ ~十~ ~百~ ~千~ ~万~ ~半~ ~ふた~ ~みっつ~ ~よっつ~ "
    "~いつつ~ ~むっつ~ ~ななつ~ ~やっつ~ ~ここのつ~ ~とお~",
    "Korean": "두 세 네 ~둘~ ~셋~ ~넷~ ~다섯~ ~여섯~ ~일곱~ ~여덟~ ~아홉~ ~열~ ~스물~ ~스무~ ~서른~ ~마흔~ "
    "~쉰~ ~예순~ ~일흔~ ~여든~ ~아흔~ ~십~ ~백~ ~천~ ~만~ 반 이 삼 사 오 육 칠 팔 구 이층 삼층 사층",
    "Thai": "~สอง~ ~สาม~ ~สี่~ ~ห้า~ ~หก~ ~เจ็ด~ ~แปด~ ~เก้า~ ~สิบ~ ~ยี่~ ~ร้อย~ ~พัน~ ~หมื่น~ ~แสน~ ~ล้าน~ "
    "~ครึ่ง~ ~โหล~ ~เที่ยง~ ~บ่าย~",
}
"""Words for numbers from two on, halves and pairs; `~` stands for any letters."""


def has_number_words(text: str, language: str) -> bool:
    """Return whether `text` contains a number word; True for a language whose number words are unknown.

    If in doubt, the answer is True: a word that only looks like a number counts as one.

    >>> has_number_words("Wir kommen um halb acht.", "German"), has_number_words("Wir kommen um 7.30 Uhr.", "German")
    (True, False)
    """
    pattern = _pattern(language)
    return pattern is None or pattern.search(f" {' '.join(_words(text))} ") is not None


def _words(text: str) -> list[str]:
    """Return the pieces between white space and punctuation; combining marks stay inside."""
    kept = (letter if unicodedata.category(letter)[0] in "LM" else " " for letter in text.casefold())
    return unicodedata.normalize("NFC", "".join(kept)).split()


@cache
def _pattern(language: str) -> re.Pattern[str] | None:
    if language not in WORDS:
        return None
    entries = unicodedata.normalize("NFC", WORDS[language].casefold()).split()
    return re.compile("|".join(map(_as_pattern, entries)))


def _as_pattern(entry: str) -> str:
    start, end = ("" if entry.startswith("~") else " "), ("" if entry.endswith("~") else " ")
    return f"{start}{re.escape(entry.strip('~'))}{end}"
