"""What do forms ask, and what do plans answer?"""

__all__ = ()
