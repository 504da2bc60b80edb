"""Croissant metadata: what a publication's files hold, for programs, as JSON-LD by MLCommons' format 1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labeling.corpora.publish.citation import list_creators, spdx_id
from labeling.corpora.publish.published_tables import DATA, list_filled_splits
from labeling.workspace.checksums import describe_output

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa
    from pydantic import JsonValue

    from labeling.corpora.manifest import Manifest
    from labeling.project import ProjectFile

_CONFORMS_TO: Final[list[JsonValue]] = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
# Names of the format, as its own examples have them.
_CONTEXT: Final[dict[str, JsonValue]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{
        name: f"cr:{name}"
        for name in (
            *(
                "arrayShape",
                "citeAs",
                "column",
                "containedIn",
                "equivalentProperty",
                "extract",
                "field",
                "fileProperty",
            ),
            *("fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5"),
            *("parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
            *("separator", "source", "subField", "transform"),
        )
    },
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "sc": "https://schema.org/",
}
_PARQUET = "application/x-parquet"  # as mlcroissant calls it


def describe_croissant(
    folder: Path, file: ProjectFile, manifest: Manifest, facts: Mapping[str, JsonValue], **told: str
) -> dict[str, JsonValue]:
    """The metadata of a publication whose tables are written.

    Args:
        folder: The publication's.
        file: The project file.
        manifest: The dataset's.
        facts: The responsible-AI fields.
        told: Further fields of ours: ``dataset``, its digest, ``day``, ``description``, ``licence`` and ``url``.
    """
    splits = list_filled_splits(manifest)
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS_TO,
        "name": file.project.name,
        "description": told["description"],
        "url": told["url"],
        "license": spdx_id(told["licence"]) or told["licence"],
        "creator": [{"@type": "sc:Organization", "name": name} for name in list_creators(file)],
        "publisher": {"@type": "sc:Organization", "name": list_creators(file)[0]},
        "datePublished": told["day"],
        "version": file.publish.version,
        "inLanguage": file.project.language,
        "keywords": ["news", "span annotation", "nested entities"],
        "citeAs": f"{'; '.join(list_creators(file))}: {file.project.name}, version {file.publish.version}, "
        f"{told['day'][:4]}. Digest {told['dataset']}.",
        "isLiveDataset": False,
        **facts,
        "distribution": [_file_object(folder, split) for split in splits],
        "recordSet": [_record_set(folder, split) for split in splits],
    }


def _file_object(folder: Path, split: str) -> JsonValue:
    path = f"{DATA}/{split}.parquet"
    found = describe_output(folder / path)
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "description": f"The articles of {split}.",
        "contentUrl": path,
        "contentSize": f"{found.bytes} B",
        "encodingFormat": _PARQUET,
        "sha256": found.sha256,
    }


def _record_set(folder: Path, split: str) -> JsonValue:
    import pyarrow.parquet as pq

    path = f"{DATA}/{split}.parquet"
    columns = pq.read_schema(folder / path)  # type: ignore[no-untyped-call]  # pyarrow is untyped
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "description": f"The articles of {split}, one a row.",
        "key": {"@id": f"{split}/id"},
        "field": [_field(path, split, column) for column in columns],
    }


def _field(path: str, split: str, column: pa.Field) -> JsonValue:
    """The field of a column; a column of structs has one below it for each of their parts."""
    import pyarrow as pa

    name, kind, shape = f"{split}/{column.name}", column.type, list[str]()
    while pa.types.is_list(kind):
        kind, shape = kind.value_type, [*shape, "-1"]
    source: dict[str, JsonValue] = {"fileObject": {"@id": path}, "extract": {"column": column.name}}
    field: dict[str, JsonValue] = {"@type": "cr:Field", "@id": name, "name": name}
    if shape and not pa.types.is_struct(kind):
        field |= {"isArray": True, "arrayShape": ",".join(shape)}
    if not pa.types.is_struct(kind):
        return {**field, "dataType": _data_type(kind), "source": source}
    parts: list[JsonValue] = [
        {
            "@type": "cr:Field",
            "@id": f"{name}/{part.name}",
            "name": f"{name}/{part.name}",
            "dataType": _data_type(part.type),
            "source": {**source, "transform": {"jsonPath": part.name}},
        }
        for part in kind
    ]
    return {**field, "repeated": True, "subField": parts}


def _data_type(kind: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    return "sc:Integer" if pa.types.is_integer(kind) else "sc:Text"
