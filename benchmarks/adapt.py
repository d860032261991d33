"""Convert a million rows: at most 2 times `pandas.read_csv` with the same types, memory at most 3 times the table.

The register is written here (invented people, in the form of an open-data portal: separators in years, codes without zeros,
17 columns), or one is repeated until it has that many rows (`--register FILE --mapping FILE`). Each round
reads and converts in a process of its own; the least time of the rounds counts.

    python benchmarks/adapt.py [--rows 1000000] [--rounds 3] [--register FILE --mapping FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

READ = """
import json, resource, sys, time
import pandas as pd
path, kinds = sys.argv[1], json.loads(sys.argv[2])
pd.read_csv(path, nrows=10, encoding="utf-8-sig")
start = time.perf_counter()
table = pd.read_csv(path, encoding="utf-8-sig", thousands=",", dtype=kinds)
print(json.dumps([time.perf_counter() - start, table.memory_usage(deep=True).sum() / 1e6, len(table)]))
"""
CONVERT = """
import json, resource, sys, time
import pyarrow.csv, pandas as pd
from minestats.registers import build
from minestats.adapt import convert
path, mapping = sys.argv[1], json.loads(sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
start = time.perf_counter()
tables = convert(path, mapping)
took = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3 - before
table = tables[mapping["table"]]
print(json.dumps([took, table.memory_usage(deep=True).sum() / 1e6, len(table), peak]))
"""
HEADER = (
    "departamento,codigodepartamento,municipio,codigomunicipio,tipoarea,sitio,ano,mes,rangoedad,grupo,condicion,estado,"
    "genero,latitud,longitud,tipoevento,lugar"
)
FIELDS = {
    "district": "departamento",
    "district_code": {"column": "codigodepartamento", "digits": 2},
    "settlement": "municipio",
    "outcome": "estado",
    "status": "condicion",
    "sex": "genero",
    "age_group": "rangoedad",
    "device": "tipoevento",
    "latitude": "latitud",
    "longitude": "longitud",
}
MAPPING = {
    "table": "incidents",
    "row": "victim",
    "register": {"id": "made", "publisher": "made for the benchmark", "complete_until": "2017-12"},
    "source": {"thousands": ","},
    "date": {"year": "ano", "month": "mes"},
    "fields": FIELDS,
    "values": {
        "outcome": {"Muerto": "killed", "Herido": "injured"},
        "status": {"Civil": "civilian", "Fuerza pública": "military"},
        "sex": {"Masculino": "male", "Femenino": "female"},
        "age_group": {"Mayor de 18 años": "adult", "Menor de 18 años": "child"},
        "device": {"Accidente por MAP": "anti_personnel", "Accidente por MUSE": "uxo"},
    },
}


def written(path: Path, rows: int) -> None:
    """Write an invented register of that many people."""
    import numpy as np

    chance = np.random.default_rng(1)
    town = chance.integers(0, 500, rows)
    columns = {
        "year": chance.integers(1990, 2018, rows),
        "month": chance.integers(1, 13, rows),
        "child": chance.random(rows) < 0.1,
        "army": chance.random(rows) < 0.6,
        "dead": chance.random(rows) < 0.2,
        "woman": chance.random(rows) < 0.05,
        "uxo": chance.random(rows) < 0.05,
        "site": chance.integers(0, 3500, rows),
    }
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER + "\n")
        for i in range(rows):
            place = int(town[i])
            lat, lon = 1 + place / 100, -78 + place / 100
            file.write(
                f'DEPARTAMENTO {place % 32},{place % 32 + 1},MUNICIPIO {place},"{5 + place % 90},{place:03}",Rural,'
                f'Vereda {columns["site"][i]},"2,{columns["year"][i] % 1000:03}",{columns["month"][i]},'.replace(
                    '"2,99', '"1,99'
                )
                + f"{'Menor' if columns['child'][i] else 'Mayor'} de 18 años,,"
                f"{'Fuerza pública' if columns['army'][i] else 'Civil'},{'Muerto' if columns['dead'][i] else 'Herido'},"
                f"{'Femenino' if columns['woman'][i] else 'Masculino'},{lat:.4f},{lon:.4f},"
                f'Accidente por {"MUSE" if columns["uxo"][i] else "MAP"},"({lat:.4f}, {lon:.4f})"\n'
            )


def repeated(path: Path, register: Path, rows: int) -> None:
    """Write a register as often as it takes to have that many rows."""
    header, body = register.read_bytes().split(b"\n", 1)
    body = body if body.endswith(b"\n") else body + b"\n"
    times = -(-rows // body.count(b"\n"))
    with path.open("wb") as file:
        file.write(header + b"\n")
        for _ in range(times):
            file.write(body)


def measured(code: str, path: Path, argument: object) -> list[float]:
    """Run a piece of code in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(path), json.dumps(argument, default=str)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def main() -> int:
    """Run from the command line; exit 1 above the limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--register", type=Path)
    parser.add_argument("--mapping", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "register.csv"
        if options.register:
            repeated(path, options.register, options.rows)
            mapping = tomllib.loads(options.mapping.read_text(encoding="utf-8"))
            mapping.pop("expect", None)
            mapping["fields"].pop("id", None)
        else:
            written(path, options.rows)
            mapping = MAPPING
        import pandas as pd

        few = pd.read_csv(path, nrows=1000, encoding="utf-8-sig", thousands=",")
        kinds = {column: "string" for column in few if not pd.api.types.is_numeric_dtype(few[column])}
        reads, conversions = [], []
        for _ in range(options.rounds):
            reads.append(measured(READ, path, kinds))
            conversions.append(measured(CONVERT, path, mapping))
    read, convert = min(reads), min(conversions)
    table = max(read[1], convert[1])
    ratio, memory = convert[0] / read[0], min(c[3] for c in conversions) / table
    print(
        f"{convert[2]:,.0f} rows: read_csv {read[0]:.2f} s ({read[1]:.0f} MB), convert {convert[0]:.2f} s ({convert[1]:.0f} MB)"
    )
    print(f"time {ratio:.2f} of read_csv (limit 2), peak memory above the start {memory:.2f} of the table (limit 3)")
    return 0 if ratio <= 2 and memory <= 3 else 1


if __name__ == "__main__":
    sys.exit(main())
