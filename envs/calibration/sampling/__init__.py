"""How are the posteriors of many campaigns drawn at once?

- ``laplace``: Laplace approximations of many small posteriors at once
- ``smc``: tempered sequential Monte Carlo from that approximation
- ``pooling``: partial pooling of an advertiser's and a channel's campaigns
"""

from .laplace import (
    LogLikelihood,
    StudentT,
    effective_share,
    fit_student_t,
    laplace,
    log_prior,
)
from .pooling import PartialPooling, SharedEffects
from .smc import (
    Particles,
    Sample,
    final_mcmc,
    random_walk,
    resample,
    resample_in_place,
    sample,
    unique,
)

__all__ = [
    "LogLikelihood",
    "PartialPooling",
    "Particles",
    "Sample",
    "SharedEffects",
    "StudentT",
    "effective_share",
    "final_mcmc",
    "fit_student_t",
    "laplace",
    "log_prior",
    "random_walk",
    "resample",
    "resample_in_place",
    "sample",
    "unique",
]
