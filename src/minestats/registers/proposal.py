"""A mapping proposed from the file itself: what its headers and words likely are, and what only a person can say.

A header says what a column is called, not what it means. So nothing is decided in silence: each line that is proposed
names its reason, each word of the register stands with its count, and what is left open is marked with "?".
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np

from minestats.data.exports import is_tag_row
from minestats.errors import DataError, fold
from minestats.registers import vocabulary as v
from minestats.registers.coded import Coded
from minestats.registers.date_reader import languages_of
from minestats.registers.findings import Findings
from minestats.registers.numeric import SPACES
from minestats.registers.opening import format_of, read_all
from minestats.registers.private import look_like_names, looks_personal, private_cells
from minestats.registers.register import Register
from minestats.registers.tagged import default_fields
from minestats.registers.timing import Timing
from minestats.say import slug

# words by which headers call a field, in the order in which fields choose their column
CALLED = {
    "start": "start date_start start_date from desde begin",
    "end": "end date_end end_date until hasta as_of",
    "column": "date fecha datum data дата tarih tarix تاريخ تاریخ event_date accident_date incident_date period",
    "year": "year ano año annee jahr год рік yil il anno سنة سال",
    "month": "month mes mois monat месяц місяць ay mese شهر ماه",
    "day": "day dia jour tag день gun giorno يوم روز",
    "civilians_killed": "civilians_killed killed_civilians",
    "military_killed": "military_killed killed_military",
    "civilians_injured": "civilians_injured injured_civilians",
    "military_injured": "military_injured injured_military",
    "killed": "killed dead deaths fatalities muertos mortos tues убито погибло загинуло قتلى کشته",
    "injured": "injured wounded injuries heridos feridos blesses ранено поранено جرحى زخمی",
    "victims": "victims casualties victimas vitimas пострадавших total_casualties total",
    "women": "women mujeres femmes",
    "children": "children ninos enfants",
    "outcome": "outcome estado fate injury_type result",
    "status": "status condicion civilian_status victim_type",
    "sex": "sex gender genero sexo sexe пол стать",
    "age_group": "age_group rangoedad agegroup age_category",
    "age": "age edad idade alter возраст вік عمر",
    "device": "device device_type weapon tipoevento ordnance munition explosive",
    "activity": "activity actividad",
    "cleared": "cleared area_cleared cleared_area",
    "reduced": "reduced area_reduced reduced_area",
    "cancelled": "cancelled canceled area_cancelled cancelled_area",
    "area": "area superficie hectares площадь size sqm area_m2 area_ha m2 ha",
    "anti_personnel": "ap apm anti_personnel ap_mines",
    "anti_tank": "at av atm anti_tank anti_vehicle at_mines av_mines",
    "uxo": "uxo erw",
    "destroyed": "destroyed items_destroyed",
    "operator": "operator organisation organization agency implementer",
    "site": "site task task_id sha cha hazard_id polygon_id",
    "district": "district departamento department province provincia governorate oblast county rayon adm1 admin1 район "
    "область محافظة ولایت region state",
    "settlement": "settlement municipio municipality town village city commune adm2 admin2 place",
    "latitude": "latitude lat latitud latitudcabecera y",
    "longitude": "longitude lon lng longitud longitudcabecera x",
    "id": "id nr no number case_id codigo objectid event_id",
}
DATES = ("start", "end", "column", "year", "month", "day")
NUMERIC = {"year", *v.COUNTS, *v.AREAS, "age", "latitude", "longitude"} - {"id"}
MOST = 40  # words of a column that are listed
UNITS = {"m2": "m2", "sqm": "m2", "ha": "ha", "hectares": "ha", "km2": "km2"}


def propose(path: Path) -> str:
    """Return the text of a mapping for a register, as far as the file tells it; lines with "?" are for a person.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    source, told = _source(path)
    register = _read(path, source, told)
    fields, dates, why = _fields(register)
    table, row, reason = _kind(register, fields, dates)
    unknown = _unknown(register)
    lines = [
        f"# A mapping proposed from '{path.name}' ({len(register):,} rows): check each line; '?' marks what is open.",
        "# Every key is explained in docs/own_data.md.",
        "",
        f'table = "{table}"  # ? {reason}',
        f'row = "{row}"  # ? one of {", ".join(v.ROW_OF[table])}',
        "",
        "[register]",
        f'id = "{slug(path.stem)[:60] or "register"}"',
        'publisher = "?"  # ? who publishes the register',
        '# complete_until = "2023-12"  # ? the last complete month; later ones are unknown, not 0',
        "# covered_from, covered_until  # ? the span that the register covers",
        "",
        "[source]",
        *told,
        *_separators(register, [*fields.values(), *dates.values()]),
        *([f"unknown = {_words(unknown)}  # ? taken as not known"] if unknown else []),
        "",
        "[date]",
        *_dates(register, dates, why),
        "",
        "[fields]",
    ]
    allowed = v.FIELDS[table, row]
    for name, i in fields.items():
        if name in allowed:
            lines.append(f"{name} = {_place(name, register.headers[i])}  # {why[name]}")
        else:
            lines.append(f"# {name} = {_text(register.headers[i])}  # ? {why[name]}; no field where a row is one {row}")
    lines += [f"# {name} = ?  # ? needed" for name in v.REQUIRED.get((table, row), ()) if name not in fields]
    used = {*fields.values(), *dates.values()}
    lines += ["", "# Columns not used, with what they hold:"]
    lines += [f"# {_about(register, i)}" for i in range(len(register.headers)) if i not in used]
    for name, i in fields.items():
        if name in allowed and (words := v.words_of(table, name)):
            lines += ["", *_values(name, register.columns[i], words, unknown)]
    lines += [
        "",
        "# [[expect]]  # ? a total that somebody published: the proof that the file is read rightly",
        "# year = 2020",
    ]
    return "\n".join(lines) + "\n"


def _source(path: Path) -> tuple[dict, list[str]]:
    """How the file is written: only what its bytes show."""
    kind = format_of(path, {})
    if kind != "csv":
        return {}, []
    head = path.read_bytes()[: 1 << 20]
    source, told = {}, []
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        source["encoding"] = "utf-16"
    else:
        try:
            path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            raise DataError(
                f"{path.name} is not UTF-8, and its encoding cannot be told from it; save it as UTF-8, or write the "
                "mapping by hand with [source] encoding = 'cp1252' (western), 'cp1251' (Cyrillic) or 'cp1256' (Arabic)"
            ) from None
    text = head.decode(source.get("encoding", "utf-8-sig"), "ignore")
    some = text.splitlines()[:50]
    # cells in quotes may hold the sign: a record is as wide as a reader of CSV says
    wide = {sign: [len(row) for row in csv.reader(some, delimiter=sign)] for sign in (",", ";", "\t", "|")}
    best = max(wide, key=lambda sign: (np.median(wide[sign]) if some else 0, sign == ","))
    if some and best != ("\t" if path.suffix.lower() == ".tsv" else ",") and np.median(wide[best]) > 1:
        source["delimiter"] = best
    # the header is the first line that is as wide as most
    width = int(np.median(wide[best])) if some else 0
    place = next((i for i, cells in enumerate(wide[best][:25]) if cells >= width > 1), 0)
    if any(is_tag_row(row) for row in list(csv.reader(some, delimiter=best))[:25]):
        source["format"] = "hxl"
    elif place:
        source["header_row"] = place + 1
    told = [f"{key} = {_text(value) if isinstance(value, str) else value}" for key, value in source.items()]
    return source, told


# what stops the reading of a workbook, the setting that goes on, and what a person must say of it
GOES_ON = {
    "hidden": ("hidden", "keep", 'hidden = "keep"  # ? or "drop": the sheet hides rows'),
    "sheet": ("sheets", ["*"], 'sheets = ["*"]  # ? all of them, or sheet = the one'),
}


def _read(path: Path, source: dict, told: list[str]) -> Register:
    for _ in range(3):
        try:
            return read_all(path, source, [], Findings(path.name))
        except DataError as error:
            codes = {getattr(problem, "code", "") for problem in error.problems}
            if not codes or not codes <= set(GOES_ON):
                raise
            for code in codes:
                key, value, line = GOES_ON[code]
                source[key] = value
                told.append(line)
    return read_all(path, source, [], Findings(path.name))


def _fields(register: Register) -> tuple[dict[str, int], dict[str, int], dict[str, str]]:
    """The likely column of each field and part of a date, and the reason."""
    fields: dict[str, int] = {}
    dates: dict[str, int] = {}
    why: dict[str, str] = {}
    if register.tags:
        found, when = default_fields(register.tags)
        for name, tag in {**found, **when}.items():
            if isinstance(tag, str) and (i := register.find(tag)) is not None:
                (dates if name in when else fields)[name] = i
                why[name] = f"its tag is {tag}"
    keys = [re.sub(r"\W+", "_", fold(header)).strip("_") for header in register.headers]
    taken = {*fields.values(), *dates.values()}
    open_to = [i for i, h in enumerate(register.headers) if not looks_personal(h) and not _empty(register.columns[i])]
    for whole in (True, False):
        for name, called in CALLED.items():
            if name in fields or name in dates or (name in DATES and register.tags):
                continue
            words = [fold(word) for word in called.split()]
            for word in words:
                fits = [i for i in open_to if i not in taken and (keys[i] == word if whole else _within(word, keys[i]))]
                fits = [i for i in fits if _could_be(name, register.columns[i])]
                if fits and (whole or len(fits) == 1):
                    (dates if name in DATES else fields)[name] = fits[0]
                    taken.add(fits[0])
                    why[name] = "its header says so" if whole else f"? its header holds '{word}'"
                    break
    if "column" in dates:
        for name in DATES:
            if name != "column":
                dates.pop(name, None)
    elif "start" in dates:
        dates = {name: i for name, i in dates.items() if name in ("start", "end")}
    elif "year" in dates:
        dates = {name: i for name, i in dates.items() if name in ("year", "month", "day")}
    else:
        dated = [i for i in open_to if i not in taken and _share(register.columns[i], Timing.LOOKS.match) > 0.8]
        dates = {"column": dated[0]} if len(dated) == 1 else {}
        why["column"] = "? its cells look like dates"
    return {n: i for n, i in fields.items() if i not in dates.values()}, dates, why


def _within(word: str, key: str) -> bool:
    return len(word) > 2 and word in key.split("_")


def _empty(column: Coded) -> bool:
    return bool(column.blank[column.count > 0].all())


def _share(column: Coded, test) -> float:
    texts = [text.strip() for text in column.texts[:2000] if text.strip()]
    return sum(bool(test(text)) for text in texts) / len(texts) if texts else 0.0


def _could_be(name: str, column: Coded) -> bool:
    """Whether the cells are numbers where a field is one, and words where it holds words."""
    numeric = _share(column, lambda text: re.fullmatch(rf"[-+~<>]?[\d.,'{SPACES}]+\+?", text))
    if name in NUMERIC:
        return numeric > 0.5
    return numeric < 0.5 if name in v.WORDS or name in ("district", "settlement", "operator") else True


def _kind(register: Register, fields: dict[str, int], dates: dict[str, int]) -> tuple[str, str, str]:
    counts = [name for name in ("killed", "injured", "victims") if name in fields]
    if "outcome" in fields or ("sex" in fields and not counts):
        return "incidents", "victim", "one row seems to be a person"
    if counts:
        years = register.columns[dates["year"]] if set(dates) == {"year"} else None
        if years is not None and (years.count[years.count > 0] == 1).all():
            return "victim_totals", "statement", "one row seems to be the total of a year"
        return "incidents", "incident", "one row seems to be an explosion with its people; totals are victim_totals"
    if any(name in fields for name in (*v.AREAS, *v.ITEMS)):
        return "clearance", "work", "areas or finds: work to be added up, or published statements?"
    return "incidents", "incident", "nothing in the file tells what a row is"


def _unknown(register: Register) -> list[str]:
    """Words of several columns that say that something is not known."""
    signs = {
        "",
        "n/a",
        "na",
        "-",
        "--",
        "?",
        "unknown",
        "sin informacion",
        "s/d",
        "nd",
        "n.d.",
        "inconnu",
        "desconocido",
    }
    signs |= {"неизвестно", "невідомо", "غير معروف", "نامعلوم", "bilinmir", "nao informado", "no data", "null", "none"}
    words = {text.strip() for c in register.columns for text in c.texts if fold(text) in signs and text.strip()}
    return ["", *sorted(words)] if words else []


def _separators(register: Register, places: list[int]) -> list[str]:
    if register.typed:
        return []
    texts = [text.strip() for i in places for text in register.columns[i].texts[:2000]]
    lines = []
    if any(re.fullmatch(r"\d{1,3}(,\d{3})+", text) for text in texts):
        lines.append('# thousands = ","  # ? numbers like \'1,234\'; or decimal = ","')
    elif any(re.fullmatch(r"\d+,\d+", text) for text in texts):
        lines.append("# decimal = \",\"  # ? numbers like '1,5'")
    return lines


def _dates(register: Register, dates: dict[str, int], why: dict[str, str]) -> list[str]:
    if not dates:
        return ["# column = ?  # ? one of column; year (month, day); start (end)"]
    lines = []
    for name, i in dates.items():
        some = [text.strip() for text in register.columns[i].texts if text.strip()][:3]
        lines.append(
            f"{name} = {_text(register.headers[i])}  # {why.get(name, '')}; such as {', '.join(map(_text, some))}"
        )
    cells = [text.strip() for i in dates.values() for text in register.columns[i].texts[:2000] if text.strip()]
    if any(re.match(r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}", text) for text in cells):
        lines.append('# formats = ["%d/%m/%Y"]  # ? day or month first')
    names = list(dict.fromkeys(found[0] for text in cells if (found := re.findall(r"[^\W\d_]{3,}", text))))
    foreign = next((name for name in names[:20] if "en" not in languages_of(name)), "")
    if foreign:
        first = (languages_of(foreign) or ["?"])[0]
        lines.append(f"# languages = [{_text(first)}]  # ? '{foreign}' is a month there")
    if any(re.search(r"[-/ ]\d{2}$", text) and not re.search(r"\d{4}", text) for text in cells):
        lines.append("# century = 2000  # ? the first year that '00' to '99' can mean")
    return lines


def _values(name: str, column: Coded, allowed: tuple[str, ...], unknown: list[str]) -> list[str]:
    lines = [f"[values.{name}]  # {' | '.join(allowed)}"]
    order = [
        code for code in np.argsort(-column.count, kind="stable") if column.count[code] and column.texts[code].strip()
    ]
    private = private_cells(column)
    for code in order[:MOST]:
        word, rows = column.texts[code].strip(), f"{int(column.count[code]):,} rows"
        if private[code] or word in unknown:
            continue
        if fold(word) in allowed:
            lines.append(f"{_text(word)} = {_text(fold(word))}  # {rows}")
        else:
            lines.append(f"# {_text(word)} = ?  # {rows}")
    if len(order) > MOST:
        lines.append(f"# ... and {len(order) - MOST:,} more words; is it the right column?")
    return lines


def _about(register: Register, i: int) -> str:
    header, column = register.headers[i], register.columns[i]
    if looks_personal(header):
        return f"{_text(header)}: looks personal; it is not read"
    held = column.count > 0
    filled = held & ~column.blank
    if filled.sum() > MOST or private_cells(column).any() or look_like_names(column.texts[filled]):
        return f"{_text(header)}: {int(filled.sum()):,} different cells"
    most = [code for code in np.argsort(-column.count, kind="stable") if filled[code]][:5]
    return f"{_text(header)}: " + (
        ", ".join(f"{_text(column.texts[c].strip())} {column.count[c]:,}" for c in most) or "empty"
    )


def _place(name: str, header: str) -> str:
    if name not in v.AREAS:
        return _text(header)
    words = fold(header).replace("(", " ").replace(")", " ").replace("_", " ").split()
    unit = next((UNITS[word] for word in words if word in UNITS), "")
    return (
        f"{{ column = {_text(header)}, unit = {_text(unit)} }}"
        if unit
        else f'{{ column = {_text(header)}, unit = "?" }}'
    )


def _text(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _words(words: list[str]) -> str:
    return "[" + ", ".join(map(_text, words)) + "]"
