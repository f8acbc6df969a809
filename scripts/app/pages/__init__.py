"""What do people see?"""

__all__ = ()
