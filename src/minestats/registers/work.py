"""One register under conversion: its columns by the fields of the mapping, read as words, numbers or text."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from minestats.data.typed import CONTROL
from minestats.errors import fold, listed, nearest
from minestats.registers import vocabulary as v
from minestats.registers.coded import Coded, strings
from minestats.registers.findings import Findings, rows_of, verb
from minestats.registers.mapping import RegisterMapping
from minestats.registers.mapping_parts import Field
from minestats.registers.numeric import first_of, parse_codes, parse_numbers, shown_values
from minestats.registers.register import Register

MOST_WORDS = 20  # unlisted words of a column that are named one by one


class Work:
    """A register, the mapping it is read by, and what was found so far.

    Parameters
    ----------
    fields, values : dict, optional
        Those of the mapping, unless another table (the people of the cases) is read.
    written : dict, optional
        The values as the mapping writes them.
    place : str
        Where they stand in the mapping.

    Attributes
    ----------
    case_ids : set of str
        Ids of all cases of the register, also of those that a filter leaves out.
    """

    def __init__(
        self,
        register: Register,
        mapping: RegisterMapping,
        findings: Findings,
        fields: dict[str, Field] | None = None,
        values: dict | None = None,
        written: dict | None = None,
        place: str = "[values.",
    ) -> None:
        self.register, self.mapping, self.findings = register, mapping, findings
        self.fields = mapping.fields if fields is None else fields
        self.values = mapping.values if values is None else values
        self.written = mapping.raw.get("values", {}) if written is None else written
        self.place = place
        self.case_ids: set[str] = set()
        self.unknown = {fold(word) for word in mapping.source.get("unknown", [])} | {""}
        self.rounded: dict[str, np.ndarray] = {}
        self._known: dict[int, np.ndarray] = {}

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.register)

    @property
    def rows(self) -> np.ndarray:
        """The row of a spreadsheet for each row."""
        return self.register.rows

    def column(self, name: str) -> tuple[Coded, np.ndarray, str]:
        """Return a column of the register, which of its distinct cells say something, and its header."""
        i = self.register.find(name)
        column = self.register.columns[i]
        if i not in self._known:
            self._known[i] = column.known(self.unknown)
        return column, self._known[i] & (column.count > 0), self.register.headers[i]

    def number_column(self, name: str, field: str, **options):
        """Return the numbers of a column, one for each distinct cell, with the column."""
        column, known, header = self.column(name)
        source = self.mapping.source
        numbers = parse_numbers(
            column,
            known,
            header,
            self.rows,
            self.findings,
            typed=self.register.typed,
            thousands=source.get("thousands", ""),
            decimal=source.get("decimal", "."),
            **options,
        )
        if numbers.any_rounded and field:
            spread = numbers.rounded[column.codes]
            before = self.rounded.get(field)
            self.rounded[field] = spread if before is None else np.where(before == "", spread, before)
        return column, numbers.values

    def numbers(self, field: str) -> np.ndarray | None:
        """Return the number of each row (NaN where unknown), or None where the field is not mapped."""
        spec = self.fields.get(field)
        if spec is None:
            return None
        if spec.value is not None:
            return np.full(self.size, float(spec.value))
        options = {"whole": field in v.COUNTS, "signed": field in ("latitude", "longitude")}
        parts = []
        for name in spec.columns:
            column, values = self.number_column(name, field, **options)
            parts.append(values[column.codes])
        if len(parts) == 1:
            return parts[0]
        stacked = np.vstack(parts)
        unknown = np.isnan(stacked)
        total = np.where(unknown, 0, stacked).sum(axis=0)
        nothing = unknown.all(axis=0)
        partly = unknown.any(axis=0) & ~nothing
        if partly.any():
            self.findings.warn(
                "partial sum",
                f"{field}: {rows_of(int(partly.sum()))} summed over what is known; a part is empty "
                f"(first: row {self.rows[np.argmax(partly)]})",
                rows=int(partly.sum()),
            )
        return np.where(nothing, np.nan, total)

    def words(self, field: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the minestats' words of a field and for each row the place of its word, -1 for unknown.

        A cell whose word is not listed is an error; None where the field is not mapped.
        """
        spec = self.fields.get(field)
        if spec is None:
            return None
        if spec.value is not None:
            return np.array([spec.value], dtype=object), np.zeros(self.size, dtype=np.int32)
        column, known, header = self.column(spec.column)
        return self._translate(field, column, known, header)

    def _translate(self, field: str, column: Coded, known: np.ndarray, header: str):
        listed_words = self.values.get(field, {})
        closed = v.WORDS.get(field)
        targets: dict[str, int] = {}
        places = np.full(len(known), -1, dtype=np.int32)
        original = set(self.written.get(field, {}))
        changed, starred, unlisted = 0, 0, []
        for code in np.flatnonzero(known):
            text = column.texts[code]
            key = fold(text)
            if key in listed_words:
                target = listed_words[key]
                changed += 0 if text in original else int(column.count[code])
            elif closed and key in closed:
                target = key
            elif not closed and not listed_words:
                target = clean(text)
            elif "*" in listed_words:
                target = listed_words["*"]
                starred += int(column.count[code])
            else:
                unlisted.append(code)
                continue
            places[code] = targets.setdefault(target, len(targets))
        if changed:
            differ = f"{shown_values(changed)} {verb(changed, 'differs', 'differ')}"
            self.findings.repair(
                "words",
                f"column '{header}' ({field}): {differ} from {self.place}{field}] in case, spaces or accents",
                column=header,
                rows=changed,
            )
        if starred:
            self.findings.repair(
                "words",
                f"column '{header}' ({field}): {shown_values(starred)} not listed, '*' = '{listed_words['*']}'",
                column=header,
                rows=starred,
            )
        self._unlisted(field, column, header, unlisted)
        return np.array(list(targets), dtype=object), places[column.codes]

    def _unlisted(self, field: str, column: Coded, header: str, codes: list[int]) -> None:
        others: dict[str, list[int]] = {}
        rest = []
        for code in codes:
            key = fold(column.texts[code])
            owner = next((name for name, words in self.values.items() if name != field and key in words), None)
            others.setdefault(owner, []).append(code) if owner else rest.append(code)
        for owner, found in others.items():
            most = max(found, key=lambda code: column.count[code])
            word, count = column.texts[most].strip(), int(column.count[most])
            self.findings.error(
                "headers moved",
                f"column '{header}' ({field}) holds '{word}' {count:,} times, a word of {owner}; did headers move?",
                "Correct [fields]",
                column=header,
                value=word,
                rows=int(column.count[found].sum()),
            )
        rest.sort(key=lambda code: -column.count[code])
        if len(rest) > MOST_WORDS and column.count[rest].sum() < 2 * len(rest):
            # a column of names or remarks under this header would be printed
            self.findings.error(
                "words",
                f"column '{header}' ({field}): {len(rest):,} different words, most in one row, are not in "
                f"{self.place}{field}]; they are not shown. Is it the right column?",
                "Correct [fields], or list them",
                column=header,
                rows=int(column.count[rest].sum()),
            )
            return
        written = self.written.get(field, {})
        allowed = v.WORDS.get(field) or tuple(dict.fromkeys(written.values()))
        private = private_cells(column)
        for code in rest[:MOST_WORDS]:
            word = "(not shown)" if private[code] else column.texts[code].strip()
            at, _ = first_of(column, np.array([code]), self.rows)
            guess = nearest(word, written)
            key = word if re.fullmatch(r"[A-Za-z0-9_-]+", word) else '"' + word.replace('"', '\\"') + '"'
            said = f"'{word}' ({rows_of(int(column.count[code]))}) is not in {self.place}{field}]"
            if guess:
                said, remedy = f"{said}; nearest '{guess}'.", f"Add: {key} = '{written[guess]}'"
            else:
                said, remedy = f"{said}.", f"Add: {key} = one of {listed(allowed, 20)}"
            self.findings.error("words", said, remedy, row=at, column=header, value=word, rows=int(column.count[code]))
        if len(rest) > MOST_WORDS:
            more = rest[MOST_WORDS:]
            self.findings.error(
                "words",
                f"column '{header}' ({field}): {len(more):,} more words are not in {self.place}{field}]",
                "list them, or map another column",
                column=header,
                rows=int(column.count[more].sum()),
            )

    def texts(self, field: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the cleaned distinct texts of a field and for each row its place, -1 for unknown."""
        spec = self.fields.get(field)
        if spec is None:
            return None
        if spec.value is not None:
            return np.array([clean(str(spec.value))], dtype=object), np.zeros(self.size, dtype=np.int32)
        column, known, header = self.column(spec.column)
        renamed = self.values.get(field, {})
        places = np.where(known, np.arange(len(known)), -1).astype(np.int32)
        texts = column.texts.copy()
        tidied = 0
        for code in np.flatnonzero(known):
            text = clean(texts[code])
            if text != texts[code]:
                tidied += int(column.count[code])
            texts[code] = renamed.get(fold(text), text) if renamed else text
            if not texts[code]:
                places[code] = -1
        if tidied:
            self.findings.repair(
                "spaces",
                f"column '{header}': spaces or control characters taken out of {shown_values(tidied)}",
                column=header,
                rows=tidied,
            )
        self.check_private(spec.column, column, known, header)
        return texts, places[column.codes]

    def check_private(self, name: str, column: Coded, known: np.ndarray, header: str) -> None:
        """Refuse carried cells that look like e-mail addresses or telephone numbers, without quoting them."""
        personal = self.mapping.personal
        fine = {fold(word) for key in ("not_personal", "reviewed") for word in personal.get(key, [])}
        if fold(name) in fine or fold(header) in fine:
            return
        private = private_cells(column) & known
        if private.any():
            at, _ = first_of(column, np.flatnonzero(private), self.rows)
            count = int(column.count[private].sum())
            looks = f"{shown_values(count)} {verb(count, 'looks', 'look')}"
            self.findings.error(
                "personal cells",
                f"column '{header}': {looks} like e-mail addresses or telephone numbers (first: row {at})",
                "take the column out of [fields], or [personal] reviewed",
                row=at,
                column=header,
                rows=count,
            )

    def series(self, field: str) -> pd.Series | None:
        """Return a text field as pandas text."""
        found = self.texts(field)
        return None if found is None else strings(*found)

    def codes(self, field: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the official codes of a field and for each row the place of its code, -1 for unknown."""
        spec = self.fields.get(field)
        if spec is None:
            return None
        if spec.value is not None:
            return np.array([str(spec.value)], dtype=object), np.zeros(self.size, dtype=np.int32)
        column, known, header = self.column(spec.column)
        texts = parse_codes(
            column,
            known,
            header,
            self.rows,
            self.findings,
            thousands=self.mapping.source.get("thousands", ""),
            digits=spec.digits,
        )
        return texts, np.where(known, np.arange(len(known)), -1).astype(np.int32)[column.codes]


def clean(text: str) -> str:
    """Return a text without control characters and without outer or double spaces.

    Examples
    --------
    >>> clean("  a \\x07 b ")
    'a b'
    """
    return " ".join(re.sub(CONTROL, " ", text).split())


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(word) for word in text.split())


# headers of one of these words, whatever stands beside it
ALWAYS = _words(
    """
surname lastname firstname fullname forename middlename nombres apellido apellidos prenom patronymic nachname vorname
phone telephone telefono tel mobile cellphone celular msisdn whatsapp fax email mail correo
address adresse direccion domicilio endereco addr
birth birthdate birthday dob nacimiento naissance nascimento geburtsdatum
passport pasaporte passeport cedula ssn nationalid nin curp dni identidad
father mother padre madre relative kin spouse guardian
familia soyad telefon unvan
"""
)


# a name is a person's only beside (or without) one of these
NAME = _words("name names nombre nom nome ad ism imya фио имя фамилия отчество телефон адрес ad_soyad isim الاسم هاتف")


OF_PERSON = _words(
    """
victim victima victime person persona personne casualty patient survivor beneficiary reporter informant contact
interviewer interviewee respondent owner witness enumerator first last full family given middle maiden father mother
user created createdby editor
"""
)


FREE = _words(
    """
note notes comment comments remark remarks description narrative detail details summary observacion observaciones
comentario comentarios descripcion relato remarque remarques texto bemerkung описание примечание
"""
)


PAIRS = (("national", "id"), ("id", "card"), ("date", "birth"), ("e", "mail"), ("free", "text"), ("free", "txt"))


MAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[A-Za-z]{2,}")


PHONE = re.compile(r"(?<![\w.,-])(\+|00)?\(?\d{2,4}\)?([ .\-/]?\d{2,4}){2,5}(?![\w-])")


def looks_personal(header: str) -> bool:
    """Return whether a header speaks of a person, or of free text in which persons may be named.

    Examples
    --------
    >>> looks_personal("Victim_Name"), looks_personal("adm1_name"), looks_personal("Teléfono")
    (True, False, True)
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(header))
    words = [word for word in re.split(r"[^\w]+|_+|\d+", fold(spaced)) if word]
    joined = "".join(words)
    if any(word in ALWAYS or word in FREE for word in words) or joined in ALWAYS:
        return True
    if any(one in words and other in words for one, other in PAIRS):
        return True
    if any(word in NAME for word in words):
        return len(words) == 1 or any(word in OF_PERSON for word in words)
    return False


def private_cells(column: Coded) -> np.ndarray:
    """Return which distinct cells hold something like an e-mail address or a telephone number."""
    result = np.zeros(len(column.texts), dtype=bool)
    for i, text in enumerate(column.texts):
        if "@" in text:
            result[i] = MAIL.search(text) is not None
        elif len(text) >= 8 and sum(map(str.isdigit, text)) >= 8:
            result[i] = any(sum(map(str.isdigit, match.group())) in range(8, 16) for match in PHONE.finditer(text))
    return result
