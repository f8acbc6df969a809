"""Who may do what?"""

__all__ = ()
