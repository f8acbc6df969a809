"""What do programs call?"""

__all__ = ()
