"""The town square: a local Bot API, a post office and one page, to try the desk without an account."""

from kelisim.sandbox.sandbox import Sandbox
from kelisim.sandbox.settings import Limits

__all__ = ["Limits", "Sandbox"]
