"""The frame of a short paper (receipt, certificate, complaint file): one HTML page that opens anywhere and loads nothing."""

from __future__ import annotations

import html


def sheet(language: str, title: str, body: str, style: str = "") -> bytes:
    """A page in UTF-8. `body` is HTML, what people typed in it escaped already; `style` adds to the common one."""
    heading = html.escape(title)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{heading}</title>\n<style>{_STYLE}{style}</style>\n</head>\n"
        f"<body>\n<h1>{heading}</h1>\n{body}\n</body>\n</html>\n"
    ).encode()


_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem; border-bottom: 3px solid #0a7c6c; padding-bottom: .4rem }
h2 { font-size: 1.1rem; margin: 1.4rem 0 .3rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid #8884 }
th { width: 34%; font-weight: 600 }
td, li { overflow-wrap: anywhere }
"""
