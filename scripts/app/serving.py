"""The server process: says where it is, answers until it is asked to end."""

import signal
import socket

import uvicorn

from mediagym.data.errors import ConfigError

from .application import create_app, open_store
from .jobs import log_to_stderr
from .security import first_key, new_key, require_safe_bind
from .settings import ServeCommand

_GRACE = 10  # seconds that open requests have to end


def make_key(settings: ServeCommand) -> str:
    """Make a further key and return its token, which is kept nowhere."""
    assert settings.new_key is not None  # noqa: S101  # asked before
    store = open_store(settings)
    try:
        _, token = new_key(store, settings.new_key, (settings.new_key_scope,))
        store.audit("command line", "add_key", settings.new_key, {"scope": settings.new_key_scope})
    finally:
        store.close()
    return token


def serve(settings: ServeCommand) -> None:
    """Serve until SIGINT or SIGTERM; requests and jobs under way are ended in order.

    Raises:
        MediaGymError: the folder, the database, the address or the host cannot be used.
    """
    store = open_store(settings)
    try:
        require_safe_bind(settings.host, settings.allowed_hosts, store)
        listener = _listening(settings)
    except ConfigError:
        store.close()
        raise
    log_to_stderr(settings.log)
    app = create_app(settings, store)
    owner = first_key(store)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=_GRACE,
    )
    base = f"http://{'127.0.0.1' if settings.host == '0.0.0.0' else settings.host}:{settings.port}"  # noqa: S104
    print(f"MediaGym    {base}")
    print(f"sign in     {base}{app.state.security.sign_in_path()}")
    print(f"data        {store.folder}")
    if owner is not None:
        print(
            f"owner's key {owner}\n            it is shown once: keep it where passwords are kept"
        )
    print("to end      Ctrl+C", flush=True)
    for number in (signal.SIGINT, signal.SIGTERM):  # raised again by uvicorn after its own end
        signal.signal(number, lambda *_: None)
    uvicorn.Server(config).run(sockets=[listener])


def _listening(settings: ServeCommand) -> socket.socket:
    """Return the socket of the address, taken before anything is written.

    Raises:
        ConfigError: another process has the port, or the host is none of this machine.
    """
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(family[4][:2], family=family[0], backlog=512)
    except OSError as error:
        raise ConfigError(
            f"port: {settings.port} of {settings.host} cannot be used ({error.strerror or error}). "
            "Allowed: an address of this machine whose port is free. To fix: set port=NUMBER."
        ) from None
