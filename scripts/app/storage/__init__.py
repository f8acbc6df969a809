"""Where is everything kept?"""

__all__ = ()
