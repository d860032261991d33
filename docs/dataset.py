"""The data package as search engines and learning machines read one: a schema.org Dataset in the form of Croissant.

`python docs/dataset.py` writes it to `build/croissant.json`; the site carries it in the page of the data. All of it
comes from `datapackage.json` and `CITATION.cff`, so that nothing is said twice.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
TYPES = {"string": "sc:Text", "integer": "sc:Integer", "number": "sc:Float", "date": "sc:Date"}
# the terms that are not schema.org's own, as the format defines them
TERMS = (
    "citeAs column equivalentProperty extract field fileObject fileProperty fileSet format includes isLiveDataset "
    "jsonPath key md5 parentField path recordSet references regex repeated replace samplingRate separator source "
    "subField transform"
)
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in TERMS.split()},
}


def croissant(folder: Path = ROOT / "data") -> dict:
    """Return the description of a data folder: its files with their hashes, their columns, keys and references."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    authors = [{"@type": "Organization", "name": author["name"]} for author in citation["authors"]]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": package["name"],
        "alternateName": package["title"],
        "description": package["description"],
        "version": package["version"],
        "license": [licence["path"] for licence in package["licenses"]],
        "keywords": package["keywords"],
        "creator": authors,
        "publisher": authors,
        "datePublished": str(citation["date-released"]),
        "citeAs": f"{citation['authors'][0]['name']}: {package['title']}, version {package['version']}",
        "isBasedOn": [source.get("path", source["title"]) for source in package["sources"]],
        "distribution": [_file(resource) for resource in package["resources"]],
        "recordSet": [_records(resource) for resource in package["resources"]],
    }


def _file(resource: dict) -> dict:
    return {
        "@type": "cr:FileObject",
        "@id": resource["path"],
        "name": resource["path"],
        "description": resource["description"],
        "contentUrl": resource["path"],
        "contentSize": f"{resource['bytes']} B",
        "encodingFormat": resource["mediatype"],
        "sha256": resource["hash"].removeprefix("sha256:"),
    }


def _records(resource: dict) -> dict:
    table, schema = resource["name"], resource["schema"]
    refers = {
        key["fields"][0]: f"{key['reference']['resource']}/{key['reference']['fields'][0]}"
        for key in schema.get("foreignKeys", [])
    }
    fields = []
    for column in schema["fields"]:
        name = column["name"]
        field = {
            "@type": "cr:Field",
            "@id": f"{table}/{name}",
            "name": name,
            "description": column["description"],
            "dataType": TYPES[column["type"]],
            "source": {"fileObject": {"@id": resource["path"]}, "extract": {"column": name}},
        }
        fields.append(field | ({"references": {"field": {"@id": refers[name]}}} if name in refers else {}))
    keys = [{"@id": f"{table}/{name}"} for name in schema["primaryKey"]]
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "description": resource["description"],
        "key": keys[0] if len(keys) == 1 else keys,
        "field": fields,
    }


if __name__ == "__main__":
    out = ROOT / "build" / "croissant.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(croissant(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(out.relative_to(ROOT))
