"""Damage registers at random, and see that nothing is lost in silence.

Each file is a small register written here, damaged in one to three ways with a seed. It must give clean tables, with
as many rows as the file has but for those reported, or a `DataError` (a `ParameterError` where the damage makes the
mapping wrong); anything else is a fault.

    python benchmarks/damage.py [--files 10000] [--seed 1]
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

from minestats.adapt import convert
from minestats.errors import DataError, ParameterError

VICTIMS = {
    "table": "incidents",
    "row": "victim",
    "register": {
        "id": "made",
        "publisher": "made for the test",
        "published": "2018-01-31",
        "complete_until": "2017-12",
    },
    "source": {"thousands": ",", "unknown": ["", "Sin Información"]},
    "date": {"year": "ano", "month": "mes", "zero": "unknown"},
    "fields": {
        "district": "departamento",
        "district_code": {"column": "codigo", "digits": 2},
        "settlement": "municipio",
        "outcome": "estado",
        "status": "condicion",
        "age": "edad",
        "sex": "genero",
        "device": "evento",
        "latitude": "lat",
        "longitude": "lon",
    },
    "values": {
        "outcome": {"Muerto": "killed", "Herido": "injured"},
        "status": {"Civil": "civilian", "Fuerza pública": "military"},
        "sex": {"Masculino": "male", "Femenino": "female"},
        "device": {"Accidente por MAP": "anti_personnel", "Accidente por MUSE": "uxo"},
    },
    "keep": [{"column": "evento", "values": ["Accidente por MAP", "Accidente por MUSE"], "reason": "accidents only"}],
    "drop": [{"column": "evento", "values": ["Incautación"], "reason": "no accident"}],
}
EVENTS = {
    "table": "incidents",
    "row": "incident",
    "register": {"id": "made", "publisher": "made for the test"},
    "date": {"start": "start", "end": "end"},
    "fields": {
        "id": "id",
        "killed": "killed",
        "injured": "injured",
        "victims": "all",
        "district": "region",
        "note": "x",
    },
    "personal": {"reviewed": ["x"]},
}
CLEARANCE = {
    "table": "clearance",
    "register": {"id": "made", "publisher": "made for the test"},
    "date": {"column": "day"},
    "fields": {
        "operator": {"value": "all"},
        "district": "region",
        "area": {"column": "m2", "unit": "m2"},
        "anti_personnel": "ap",
        "anti_tank": "at",
        "mines_total": "mines",
    },
}
JUNK = [
    "",
    " ",
    "0",
    "-1",
    "~3",
    "12+",
    "10-15",
    "1,200",
    "1.5",
    "NaN",
    "#REF!",
    "=1+1",
    "é",
    "\x00",
    "\x07",
    "a\nb",
    '"',
    "03/04/2016",
    "2016-02-30",
    "7-Mar-19",
    "43195",
    "1551916800000",
    "Ene",
    "31/12/2016",
    "Muerta",
    "MUERTO ",
    "x" * 300,
    "someone@example.org",
    "+57 300 123 4567",
    "Total",
    "٣",
    "1e9",
    "999999999999999999999",
    "🙂",
    "2,006",
    "1990-01-01T00:00Z",
]


def victims(chance: random.Random) -> list[list[str]]:
    """A register of people, of the form of many open-data portals; invented."""
    rows = [
        [
            "departamento",
            "codigo",
            "municipio",
            "ano",
            "mes",
            "edad",
            "condicion",
            "estado",
            "genero",
            "evento",
            "lat",
            "lon",
        ]
    ]
    places = [
        ("META", "50", "VISTA", 3.1, -73.7),
        ("NARIÑO", "52", "BARBA", 1.6, -78.2),
        ("ARAUCA", "81", "TAME", 6.4, -71.7),
    ]
    for _ in range(chance.randint(1, 25)):
        name, code, town, lat, lon = chance.choice(places)
        rows.append(
            [
                name,
                code,
                town,
                f"2,0{chance.randint(0, 17):02}",
                str(chance.randint(1, 12)),
                str(chance.randint(5, 70)),
                chance.choice(["Civil", "Fuerza pública"]),
                chance.choice(["Muerto", "Herido", ""]),
                chance.choice(["Masculino", "Femenino", "Sin Información"]),
                chance.choice(["Accidente por MAP", "Accidente por MUSE", "Incautación"]),
                str(lat),
                str(lon),
            ]
        )
    return rows


def events(chance: random.Random) -> list[list[str]]:
    """A list of incidents; invented."""
    rows = [["id", "start", "end", "killed", "injured", "all", "region", "x"]]
    for i in range(chance.randint(1, 20)):
        killed, injured = chance.randint(0, 3), chance.randint(0, 5)
        day = f"20{chance.randint(10, 20)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        rows.append(
            [f"e{i}", day, day, str(killed), str(injured), str(killed + injured), chance.choice("ABC"), "a remark"]
        )
    return rows


def clearance(chance: random.Random) -> list[list[str]]:
    """A list of cleared areas; invented."""
    rows = [["day", "region", "m2", "ap", "at", "mines"]]
    for _ in range(chance.randint(1, 20)):
        ap, at = chance.randint(0, 30), chance.randint(0, 5)
        rows.append(
            [
                f"2019-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
                chance.choice("ABC"),
                str(chance.randint(100, 99999)),
                str(ap),
                str(at),
                str(ap + at),
            ]
        )
    return rows


def hurt_cells(chance: random.Random, rows: list[list[str]]) -> list[list[str]]:
    """Damage the table before it is written."""
    way = chance.randrange(12)
    body = range(1, len(rows))
    if way == 0:
        for _ in range(chance.randint(1, 3)):
            row = rows[chance.choice(body)]
            row[chance.randrange(len(row))] = chance.choice(JUNK)
    elif way == 1:
        rows[chance.choice(body)].pop()
    elif way == 2:
        rows[chance.choice(body)].insert(chance.randrange(3), chance.choice(JUNK))
    elif way == 3:
        rows.insert(chance.randint(1, len(rows)), [""] * len(rows[0]))
    elif way == 4:
        rows.append(list(rows[chance.choice(body)]))
    elif way == 5:
        one, other = chance.sample(range(len(rows[0])), 2)
        rows[0][one], rows[0][other] = rows[0][other], rows[0][one]
    elif way == 6:
        rows.insert(0, ["A title above"] + [""] * (len(rows[0]) - 1))
    elif way == 7:
        total = ["Total"] + [""] * (len(rows[0]) - 1)
        for i in range(1, len(rows[0])):
            if all(row[i].isdecimal() for row in rows[1:] if i < len(row)):
                total[i] = str(sum(int(row[i]) for row in rows[1:] if i < len(row)))
        rows.append(total)
    elif way == 8:
        i = chance.randrange(len(rows[0]))
        rows[0][i] = chance.choice(["", rows[0][i].upper(), rows[0][i] + " ", "phone", rows[0][(i + 1) % len(rows[0])]])
    elif way == 9:
        i = chance.randrange(len(rows[0]))
        for row in rows:
            if i < len(row):
                del row[i]
    elif way == 10:
        i = chance.randrange(len(rows[0]))
        for row in rows[1:]:
            if i < len(row):
                row[i] = chance.choice(["", row[i].upper(), f" {row[i]}  "])
    else:
        del rows[1:]
    return rows


def hurt_bytes(chance: random.Random, data: bytes) -> bytes:
    """Damage the file after it is written."""
    way = chance.randrange(10)
    if way == 0:
        return b"\xef\xbb\xbf" + data
    if way == 1:
        return data[: chance.randrange(len(data) + 1)]
    if way == 2:
        place = chance.randrange(len(data))
        return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
    if way == 3:
        return data.decode("utf-8").encode(chance.choice(["cp1252", "utf-16", "utf-8"]), "replace")
    if way == 4:
        return data.replace(b",", b";")
    if way == 5:
        return data.replace(b"\n", chance.choice([b"\r\n", b"\r", b"\n\n"]))
    if way == 6:
        place = chance.randrange(len(data))
        return data[:place] + chance.choice([b'"', b",", b"\n", b"\0", b"\xff"]) + data[place:]
    if way == 7:
        return data.rstrip(b"\n")
    if way == 8:
        return data.decode("utf-8").encode("utf-8").decode("cp1252", "replace").encode("utf-8")
    return b"".join(chance.sample(lines := data.splitlines(keepends=True), len(lines)))


def made(chance: random.Random, folder: Path) -> tuple[Path, dict]:
    """Write one damaged register; return its file and its mapping."""
    make, mapping = chance.choice([(victims, VICTIMS), (events, EVENTS), (clearance, CLEARANCE)])
    rows = make(chance)
    for _ in range(chance.randint(0, 2)):
        if len(rows) > 1 and all(rows):
            rows = hurt_cells(chance, rows)
    kind = chance.choices(["csv", "xlsx", "geojson"], [0.8, 0.1, 0.1])[0]
    path = folder / f"register.{kind}"
    if kind == "xlsx":
        import openpyxl

        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Data")
        for row in rows:
            sheet.append([cell.replace("\x00", "").replace("\x07", "") for cell in row])
        book.save(path)
        data = path.read_bytes()
    elif kind == "geojson":
        width = len(rows[0])
        features = [
            {
                "type": "Feature",
                "geometry": None,
                "properties": dict(zip(rows[0], (row + [None] * width)[:width], strict=True)),
            }
            for row in rows[1:]
        ]
        data = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
    else:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        data = text.getvalue().encode("utf-8")
    if chance.random() < (0.6 if kind == "csv" else 0.2):
        for _ in range(chance.randint(1, 2)):
            try:
                data = hurt_bytes(chance, data) if data else data
            except UnicodeDecodeError:
                break
    path.write_bytes(data)
    return path, mapping


def rows_in(path: Path) -> int | None:
    """Count the rows of a CSV file that have content, by other means than the conversion; None for other formats."""
    if path.suffix != ".csv":
        return None
    text = path.read_bytes().decode("utf-8-sig")
    return sum(any(cell.strip() for cell in row) for row in csv.reader(io.StringIO(text, newline=""))) - 1


def outcome(path: Path, mapping: dict) -> tuple[str, str]:
    """Convert a file; return what became of it ("table", "refused" or "FAULT") and why."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            tables = convert(path, mapping)
        except DataError as error:
            first = error.problems[0].code if error.problems else "unreadable"
            return ("refused", first) if len(str(error)) > 20 else ("FAULT", "an empty message")
        except ParameterError as error:
            return "refused", f"mapping: {str(error)[:40]}"
        except Exception as error:
            return "FAULT", f"{type(error).__name__}: {error}"
    account = tables["problems"].attrs["conversion"]
    out = len(tables[mapping["table"]]) + sum(account["dropped"].values())
    if out != account["rows_read"]:
        return "FAULT", f"{account['rows_read']} rows read, {out} written and reported"
    expected = rows_in(path)
    if expected is not None and expected != out:
        return "FAULT", f"the file has {expected} rows, {out} written and reported"
    return "table", ""


def run(files: int, seed: int, *, keep: Path | None = None) -> tuple[Counter, list[str]]:
    """Convert that many damaged files; return how many came to what, and the faults."""
    counted, faults = Counter(), []
    with tempfile.TemporaryDirectory() as name:
        for number in range(files):
            chance = random.Random(f"{seed}-{number}")
            path, mapping = made(chance, Path(name))
            state, why = outcome(path, mapping)
            counted[state, why if state == "refused" else ""] += 1
            if state == "FAULT":
                faults.append(f"file {number}: {why}")
                if keep is not None:
                    (keep / f"{number}{path.suffix}").write_bytes(path.read_bytes())
    return counted, faults


def main() -> int:
    """Run from the command line; exit 1 where there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the files with a fault")
    options = parser.parse_args()
    start = time.perf_counter()
    counted, faults = run(options.files, options.seed, keep=options.keep)
    states = Counter()
    for (state, _), count in counted.items():
        states[state] += count
    print(f"{options.files} damaged files in {time.perf_counter() - start:.0f} s: {dict(states)}")
    for (state, why), count in sorted(counted.items(), key=lambda item: -item[1])[:25]:
        print(f"  {count:6} {state} {why}")
    for fault in faults[:20]:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
