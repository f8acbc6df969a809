"""What do programs call?

The routes below `/v1`, described by `docs/openapi.json` and `docs/api.md`.

- ``routes``: all of them in one router
- ``openapi``: their description
- ``advertisers``, ``datasets``, ``runs``, ``jobs``, ``results``, ``scenarios``, ``keys``: routes of
  each concept
- ``uploads``, ``archives``, ``names``: forms written to disk as they come, archives, names of files
- ``requests``, ``responses``: what routes take and what they declare
"""

from .datasets import Upload, store_upload
from .openapi import openapi_document
from .results import media_type_of
from .routes import router

__all__ = ["Upload", "media_type_of", "openapi_document", "router", "store_upload"]
