"""Where do marketers and programs meet MediaGym?

- ``settings``: the options of the server, `conf/serve.yaml`
- ``application``: the web application: store, supervisor, routers and middleware in one
"""

from .settings import JobSettings, Limits, ServeCommand

__all__ = ["JobSettings", "Limits", "ServeCommand"]
