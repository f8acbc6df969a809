"""What is not known in flight, what does it cost, and how fast do reports tell?

- ``study``: flights of an informed policy without each latent, and of an ideal filter
- ``report``: its tables
"""

from .report import latents_markdown, latents_text
from .study import LatentsCommand, latents_parts, latents_study

__all__ = [
    "LatentsCommand",
    "latents_markdown",
    "latents_parts",
    "latents_study",
    "latents_text",
]
