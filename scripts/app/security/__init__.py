"""Who may do what?

Every request passes a gate that lets nobody in without a key, but to a few public addresses.

- ``problems``: errors in the form of RFC 9457
- ``keys``: random keys, kept as scrypt hashes
- ``principal``: who makes a request, and what their key allows
- ``throttle``: token buckets
- ``sessions``: signed cookies, tokens against forged requests, one-time links
- ``bodies``: bounds of a request's body
- ``forgery``: requests that another site has made
- ``answers``: what is answered to a refused request
- ``gate``, ``headers``: the middleware
- ``sign_in``: the pages on which a browser signs in and out
- ``install``: all of it in front of an application
"""

from .answers import local_address
from .install import (
    CSRF_FIELD,
    CSRF_HEADER,
    Security,
    csrf_token,
    first_key,
    install,
    new_key,
    require_safe_bind,
)
from .principal import SCOPES, Principal, Scope, principal_of, require
from .problems import (
    CODES,
    MEDIA_TYPE,
    Problem,
    ProblemError,
    pointer_to,
    problem_of,
    problem_response,
    refusal,
)

__all__ = [
    "CODES",
    "CSRF_FIELD",
    "CSRF_HEADER",
    "MEDIA_TYPE",
    "SCOPES",
    "Principal",
    "Problem",
    "ProblemError",
    "Scope",
    "Security",
    "csrf_token",
    "first_key",
    "install",
    "local_address",
    "new_key",
    "pointer_to",
    "principal_of",
    "problem_of",
    "problem_response",
    "refusal",
    "require",
    "require_safe_bind",
]
