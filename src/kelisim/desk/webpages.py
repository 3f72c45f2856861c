"""A letter's HTML as programs save it: decoded by the charset it names, and out of the frame of its page.

The frame is what no reader sees: doctype, html, head, title, meta, body. Whatever else stands there, a style or a script, is left
where it is, so that `markup` names it.
"""

from __future__ import annotations

import re

from kelisim.desk import attachments

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]{2,20})", re.IGNORECASE)
LARGEST = 240_000  # bytes: four times what a letter may have in characters
_HEAD = 2048  # bytes within which a page names its charset
_FRAME = re.compile(
    r"""<!doctype[^<>]*> | <meta\b[^<>]*> | <title>[^<]*</title>
      | </?(?:html|head|body)(?:\s+(?:lang|dir|xmlns)\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[\w-]+))*\s*>""",
    re.IGNORECASE | re.VERBOSE,
)


def decoded(content: bytes) -> str:
    """The bytes of a file as HTML without its frame.

    Raises ValueError for what is none (`attachments.WRONG_TYPE`), or too much (`attachments.TOO_LARGE`).
    """
    if len(content) > LARGEST:
        raise ValueError(attachments.TOO_LARGE)
    named = _CHARSET.search(content[:_HEAD])
    for charset in ("utf-8-sig", named[1].decode("ascii") if named else "cp1251"):
        try:
            text = content.decode(charset)
        except (LookupError, ValueError):
            continue
        if attachments.kind(content) is None and "<" in text and "\0" not in text:
            return unframed(text)
        break
    raise ValueError(attachments.WRONG_TYPE)


def unframed(html: str) -> str:
    """What stands on a page, without what makes it one."""
    return _FRAME.sub("", html).strip()
