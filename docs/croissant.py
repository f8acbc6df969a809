"""Write ``docs/cards/tasks.croissant.json``: what ``data/tasks`` holds, as Croissant 1.0.

``python docs/croissant.py`` writes it from the files themselves; a test compares.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import mediagym
from mediagym.envs.suite import every_task, task_of

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "cards" / "tasks.croissant.json"
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
VALUES = {  # keys of a file -> what they hold
    "daily": "expected objective of the best plan by day, the clairvoyant's",
    "steady": "expected objective of the best plan that is the same every day",
    "informed": "expected objective of a policy that knows the market but not its future",
}


def croissant() -> dict[str, Any]:
    """Return the description of all tasks' files as JSON-LD."""
    keys = [key for key, _ in every_task()]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "mediagym-tasks",
        "description": (
            "Reference results of MediaGym's benchmark tasks: for each of 200 validation and 200 "
            "test markets, the value of the best plan of somebody who knows the market. Each file "
            "also holds the SHA-256 of the markets (`sha256`), and the static plan in dollars by "
            "day and campaign (`base`). Computed from published seeds; no person's data are in it."
        ),
        "license": "https://spdx.org/licenses/MIT.html",
        "creator": {"@type": "sc:Organization", "name": "The MediaGym authors"},
        "version": mediagym.__version__,
        "citeAs": "The MediaGym authors. MediaGym. CITATION.cff of the repository.",
        "keywords": ["reinforcement learning", "benchmark", "marketing", "budget allocation"],
        "isLiveDataset": False,
        "distribution": [_file(key) for key in keys],
        "recordSet": [_records(key) for key in keys],
    }


def _path(key: str) -> Path:
    return ROOT / "data" / "tasks" / f"{key}.json"


def _file(key: str) -> dict[str, Any]:
    """The file of a task."""
    content = _path(key).read_bytes()
    return {
        "@type": "cr:FileObject",
        "@id": f"{key}.json",
        "name": f"{key}.json",
        "description": task_of(key).settings.summary,
        "contentUrl": f"../../data/tasks/{key}.json",
        "contentSize": f"{len(content)} B",
        "encodingFormat": "application/json",
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _records(key: str) -> dict[str, Any]:
    """The values of a task: one record per market, the k-th of its split."""
    content = json.loads(_path(key).read_text(encoding="utf-8"))
    return {
        "@type": "cr:RecordSet",
        "@id": key,
        "name": key,
        "description": f"Record k is about market k of each split of {task_of(key).id}.",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{key}/{split}_{kind}",
                "name": f"{split}_{kind}",
                "description": f"{split} split: {VALUES[kind]}",
                "dataType": "sc:Float",
                "source": {
                    "fileObject": {"@id": f"{key}.json"},
                    "extract": {"jsonPath": f"$.{kind}.{split}[*]"},
                },
            }
            for kind in VALUES
            for split in content.get(kind, {})
        ],
    }


def text() -> str:
    """Return the file's content."""
    return json.dumps(croissant(), indent=1) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    print(PAGE)
