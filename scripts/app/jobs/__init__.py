"""How does work get done, and survive?"""

__all__ = ()
