"""Names of months and weekdays in the languages of vendors."""

import unicodedata
from functools import cache

SHORTEST_ABBREVIATION = 3  # letters
MONTHS = {  # nominative, genitive and irregular short forms; other short forms are beginnings of these
    "English": "january february march april may june july august september october november december",
    "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre",
    "Portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "French": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "German": "januar/jänner februar/feber märz/mrz april mai juni juli august september oktober november dezember",
    "Italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "Dutch": "januari februari maart/mrt april mei juni juli augustus september oktober november december",
    "Polish": """styczeń/stycznia luty/lutego marzec/marca kwiecień/kwietnia maj/maja czerwiec/czerwca lipiec/lipca
        sierpień/sierpnia wrzesień/września październik/października listopad/listopada grudzień/grudnia""",
    "Turkish": "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "Russian": """январь/января февраль/февраля март/марта апрель/апреля май/мая июнь/июня июль/июля август/августа
        сентябрь/сентября октябрь/октября ноябрь/ноября декабрь/декабря""",
    "Swedish": "januari februari mars april maj juni juli augusti september oktober november december",
    "Danish and Norwegian": "januar februar marts april maj juni juli august september oktober november desember",
    "Indonesian": "januari februari maret april mei juni juli agustus september oktober november desember",
}
WEEKDAYS = """monday tuesday wednesday thursday friday saturday sunday tues thurs
    lunes martes miércoles jueves viernes sábado domingo
    segunda terça quarta quinta sexta feira
    lundi mardi mercredi jeudi vendredi samedi dimanche
    montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
    lunedì martedì mercoledì giovedì venerdì sabato domenica
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo
    poniedziałek wtorek środa czwartek piątek sobota niedziela wt śr pt nd
    pazartesi salı çarşamba perşembe cuma cumartesi pazar pzt cmt
    понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс
    måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag
    senin selasa rabu kamis jumat sabtu minggu"""
SMALL_WORDS = {"de", "del", "of", "di", "le", "den", "der", "am", "the", "г", "года", "st", "nd", "rd", "th", "er"}
TO_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "\u00a0": " ", "\u202f": " "})


def month_of(word: str) -> int | None:
    """The month, from 1, that a word names or abbreviates in some language; None for no month or for two.

    >>> month_of("Sept."), month_of("août"), month_of("Dic"), month_of("МАР."), month_of("jui"), month_of("sell")
    (9, 8, 12, 3, None, None)
    """
    return _months().get(folded(word).rstrip("."))


def is_weekday(word: str) -> bool:
    """Whether a word names or abbreviates a day of the week in some language."""
    return folded(word).rstrip(".") in _weekdays()


def folded(text: str) -> str:
    """A text in lower case and without accents, for comparison.

    >>> folded("Août"), folded("MÄR"), folded("Şub"), folded("Kasım"), folded("KASIM")
    ('aout', 'mar', 'sub', 'kasim', 'kasim')
    """
    decomposed = unicodedata.normalize("NFKD", text.strip().lower().translate(TO_LETTERS))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


@cache
def _months() -> dict[str, int]:
    found: dict[str, set[int]] = {}
    for names in MONTHS.values():
        for month, forms in enumerate(names.split(), 1):
            for form in forms.split("/"):
                for word in _beginnings(form):
                    found.setdefault(word, set()).add(month)
    full_names = {folded(form): at for names in MONTHS.values() for at, forms in enumerate(names.split(), 1)
             for form in forms.split("/")}  # fmt: skip
    return {word: months.pop() for word, months in found.items() if len(months) == 1} | full_names


@cache
def _weekdays() -> frozenset[str]:
    return frozenset(word for name in WEEKDAYS.split() for word in _beginnings(name))


def _beginnings(name: str) -> list[str]:
    full_name = folded(name)
    return [full_name[:length] for length in range(SHORTEST_ABBREVIATION, len(full_name))] + [full_name]
