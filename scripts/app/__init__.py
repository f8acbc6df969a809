"""Where do marketers and programs meet MediaGym?

- ``settings``: the options of the server, `conf/serve.yaml`
- ``application``: store, supervisor, routers and middleware in one
- ``serving``: the server process
- ``first_start``: the shipped sample in an empty store
- ``health``: whether the server lives and is ready, and what Prometheus reads
- ``request_log``: a log line and a measurement per request
"""

from .application import create_app, open_store
from .serving import make_key, serve
from .settings import JobSettings, Limits, ServeCommand

__all__ = [
    "JobSettings",
    "Limits",
    "ServeCommand",
    "create_app",
    "make_key",
    "open_store",
    "serve",
]
