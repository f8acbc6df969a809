"""Writes docs/openapi.json, the description of the API, from its routes.

python docs/openapi.py
"""

import json
from pathlib import Path

from mediagym.scripts.app.api import openapi_document, router

PATH = Path(__file__).with_suffix(".json")


def described() -> str:
    """The document as text, keys in order."""
    document = openapi_document(router)
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(described(), encoding="utf-8")
