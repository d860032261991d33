"""What speaks of persons: headers, cells, columns of names. None of it is read unless a person has looked at it."""

from __future__ import annotations

import re

import numpy as np

from minestats.errors import fold
from minestats.registers.coded import Coded


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
familia soyad soyadi telefon unvan
tazkira tazkera фамилия отчество прізвище пiб піб фио prezime apelido sobrenome cognome nazwisko 姓名 氏名
"""
)


# a name is a person's only beside (or without) one of these
NAME = _words(
    """
name names nombre nom nome ad adi ism imya ime imię naam navn namn nafn jina имя ім'я іменi име телефон адрес isim
họ tên ชื่อ ชื่อผู้ประสบภัย ឈ្មោះ ຊື່ နာမည် नाम নাম பெயர் නම անուն სახელი ስም magaca الاسم اسم الإسم نام نوم هاتف
"""
)


OF_PERSON = _words(
    """
victim victima victime person persona personne casualty patient survivor beneficiary reporter informant contact
interviewer interviewee respondent owner witness enumerator first last full family given middle maiden father mother
user created createdby editor creator edited injured killed dead deceased
الضحية المصاب الشهيد پدر مادر قربانی مجروح жертвы пострадавшего потерпілого vitima nan nhan
"""
)


FREE = _words(
    """
note notes comment comments remark remarks description narrative detail details summary observacion observaciones
comentario comentarios descripcion relato remarque remarques texto bemerkung описание примечание
"""
)


# a header that is nothing but one of these holds the person
ALONE = _words("victim reporter enumerator creator interviewer informant respondent beneficiary")


PAIRS = (
    ("national", "id"),
    ("id", "card"),
    ("date", "birth"),
    ("e", "mail"),
    ("free", "text"),
    ("free", "txt"),
    ("edited", "user"),
)


MAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[A-Za-z]{2,}")


PHONE = re.compile(r"(?<![\w.,-])(\+|00)?\(?\d{2,4}\)?([ .\-/]?\d{2,4}){2,5}(?![\w-])")


def looks_personal(header: str) -> bool:
    """Return whether a header speaks of a person, or of free text in which persons may be named.

    Examples
    --------
    >>> looks_personal("Ім'я"), looks_personal("Teléfono"), looks_personal("نام پدر"), looks_personal("adm1_name")
    (True, True, True, False)
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(header))
    # apostrophes and vowel signs are no letters to `\w`, and part of the word in Ukrainian or Thai
    spaced = fold(spaced.replace("’", "'").replace("ʼ", "'"))
    words = [word for word in re.split(r"[\s_.,;:/()\[\]#+-]+|\d+", spaced) if word]
    joined = "".join(words)
    if any(word in ALWAYS or word in FREE for word in words) or joined in ALWAYS:
        return True
    if any(one in words and other in words for one, other in PAIRS):
        return True
    if len(words) == 1 and words[0] in ALONE:
        return True
    if any(word in NAME for word in words):
        return len(words) == 1 or any(word in OF_PERSON for word in words) or sum(word in NAME for word in words) > 1
    return False


def look_like_names(texts: np.ndarray) -> bool:
    """Return whether most of some texts are two to four words without a digit, all different: names, not remarks.

    Examples
    --------
    >>> look_like_names(np.array(["Ana Ruiz Paz", "Li Wei", "Omar Said"])), look_like_names(np.array(["near the road"]))
    (True, False)
    """
    if len(texts) < 3:
        return False
    named = [
        2 <= len(text.split()) <= 4 and not re.search(r"[\d,;:()/]", text) and text.title() == text for text in texts
    ]
    return sum(named) >= 0.8 * len(texts)


def private_cells(column: Coded) -> np.ndarray:
    """Return which distinct cells hold something like an e-mail address or a telephone number."""
    result = np.zeros(len(column.texts), dtype=bool)
    for i, text in enumerate(column.texts):
        if "@" in text:
            result[i] = MAIL.search(text) is not None
        elif len(text) >= 8 and sum(map(str.isdigit, text)) >= 8:
            result[i] = any(sum(map(str.isdigit, match.group())) in range(8, 16) for match in PHONE.finditer(text))
    return result
