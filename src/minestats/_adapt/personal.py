"""Columns and cells that may say who a person is: never carried, never quoted.

A header is judged by its words in several languages. A column that looks personal and is mapped is an error until the
mapping says that it is not (`not_personal`) or that a person has read it (`reviewed`); one that is not mapped is not
read at all. In the texts that are carried, patterns of e-mail addresses and telephone numbers are errors.
"""

from __future__ import annotations

import re

import numpy as np

from minestats._adapt.coded import Coded
from minestats.errors import fold


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
