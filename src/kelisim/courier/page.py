"""A letter's plain words as HTML: one calm column that reads well on a phone and in Outlook, and loads nothing.

The words are the letter; this adds no word and takes none away but the marks themselves: «> » before a person's lines, the
ticks around a command. Everything is escaped. Only addresses of the desk's own site and those of the footer become links, so
that what a stranger typed leads nowhere. No picture, no script, no style from elsewhere, no redirect (T-LET-20).

A letter of a broadcast brings its words as HTML that the desk wrote anew (`desk.markup`), bare tags and links; they are dressed
here, and what stands below them is plain words as in every letter.
"""

from __future__ import annotations

import re
from html import escape

_FONT = "-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif"
_MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Noto Sans Mono',monospace"
_QUIET = "color:#57606a"
_WRAP = "overflow-wrap:anywhere;word-break:break-word"

# Mail programs without a dark mode of their own read only this; Outlook and old Gmail leave it out and stay light.
_DARK = (
    "@media (prefers-color-scheme:dark){"
    "body,.sheet{background:#16181b!important;color:#e6e8eb!important}"
    ".quiet{color:#a5adb6!important}a{color:#8ab8ff!important}"
    ".said{background:#202429!important;border-color:#59636e!important;color:#e6e8eb!important}"
    "code{background:#2a2f35!important;color:#e6e8eb!important}.rule{border-color:#3a4149!important}"
    ".act{background:#8ab8ff!important}.act a{color:#10151b!important}}"
)

_NUMBER = r"(?:№ |No\. )?\b[CSKEB]-[0-9A-HJKMNP-TV-Z]{9}\b"
_DAY = (  # as `texts.day` writes it in the three languages
    r"\b\d{4} ж\. \d{1,2} \w+, \w+\b|\b\d{1,2} \w+ \d{4} г\., \w+\b|\b[A-Z]\w+day \d{1,2} [A-Z]\w+ \d{4}\b"
)
_URL = r"https?://[^\s<>\"«»]+[^\s<>\"«».,;:!?)]"
_SEEN = re.compile(rf"`(?P<code>[^`\n]+)`|(?P<url>{_URL})|(?P<number>{_NUMBER})|(?P<day>{_DAY})")
_DAYS = re.compile(_DAY)
_HEX = re.compile(r"[0-9a-f]{32,}")
# A label and its value, alone on a line: no sentence, no command.
_FACT = re.compile(r"(?P<label>[^:`>\n]{2,60}): (?P<value>[^`\n]{1,90}[^`\n.;:?!])")
_ACT = re.compile(r"(?P<label>[^:\n]{2,80}): (?P<url>https?://\S+?)(?: \((?P<note>[^()\n]{1,90})\))?\.?")
_FOOTER = "-- \n"
_MARKER = "▼"
_THEIRS = (">", "  │")  # what a person wrote, and what one will read (`letters.quoted`, `readings.framed`)
_BULLET = "• "
_STYLES = {
    "p": "margin:0 0 16px",
    "h1": "margin:0 0 16px;font-size:24px;line-height:1.3", "h2": "margin:24px 0 12px;font-size:20px;line-height:1.3",
    "h3": "margin:20px 0 10px;font-size:18px;line-height:1.4", "h4": "margin:16px 0 8px;font-size:16px",
    "ul": "margin:0 0 16px;padding:0 0 0 20px", "ol": "margin:0 0 16px;padding:0 0 0 24px", "li": "margin:0 0 6px",
    "a": f"color:#0a58ca;{_WRAP}", "hr": "margin:24px 0;border:0;border-top:1px solid #d0d7de",
    "blockquote": "margin:0 0 16px;padding:2px 14px;border-left:3px solid #afb8c1",
    "code": f"font:14px/1.5 {_MONO};{_WRAP}", "pre": f"margin:0 0 16px;white-space:pre-wrap;font:14px/1.5 {_MONO}",
    "table": "margin:0 0 16px;border-collapse:collapse", "td": "padding:4px 12px 4px 0;vertical-align:top",
    "th": "padding:4px 12px 4px 0;vertical-align:top;text-align:left", "small": "font-size:13px",
}  # fmt: skip
_SHORT = 120  # characters of a first paragraph that can be read as a headline


def page(text: str, locale: str, *, title: str = "", sender: str = "", home: str = "") -> str:
    """The letter as a page. `sender` stands on top of what nobody answers; links lead to `home` alone, empty: nowhere."""
    words, _mark, footer = text.rpartition(f"\n\n{_FOOTER}")
    if not words:
        words, footer = (text, "") if not text.startswith(_FOOTER) else ("", text[len(_FOOTER) :])
    paragraphs = [part.strip("\n") for part in re.split(r"\n{2,}", words) if part.strip()]
    top = _top(paragraphs.pop(0)) if paragraphs and paragraphs[0].startswith(_MARKER) else ""
    head = (
        f'<p class="quiet" style="margin:0 0 20px;font-size:14px;{_QUIET}">{escape(sender)}</p>'
        if sender and not top  # staff quote it: no line may stand there that the plain words do not have
        else ""
    )
    return _sheet(locale, title, f"{top}{head}{_body(paragraphs, home)}{_foot(footer)}")


def dressed(
    html: str, below: str, locale: str, *, title: str = "", sender: str = "", home: str = "",
    button: tuple[str, str] | None = None, stop: str = "",
) -> str:  # fmt: skip
    """A letter of the operator's own words: `html` with our looks, its button, and below it plain words and the footer.

    `stop` says how to get no more of them: there, and quietly.
    """
    words, _mark, footer = below.rpartition(_FOOTER)
    paragraphs = [part.strip("\n") for part in re.split(r"\n{2,}", words) if part.strip()]
    head = (
        f'<p class="quiet" style="margin:0 0 20px;font-size:14px;{_QUIET}">{escape(sender)}</p>'
        if sender
        else ""
    )
    said = re.sub(r"<(\w+)( href=\"[^\"]*\")?>", _looks, html)
    act = _button(*button, "") if button is not None else ""
    rest = f'<div style="margin:0 0 16px">{said}</div>{act}{_body(paragraphs, home)}{_quiet(stop, home)}'
    return _sheet(locale, title, f"{head}{rest}{_foot(footer)}")


def _looks(tag: re.Match[str]) -> str:
    """A bare tag with its style, for mail programs that know no others."""
    style = _STYLES.get(tag[1], "")
    return f'<{tag[1]}{tag[2] or ""} style="{style}">' if style else tag[0]


def _quiet(paragraph: str, home: str) -> str:
    """A small line; where it names an address of ours it becomes the link itself."""
    if not paragraph:
        return ""
    act = _ACT.fullmatch(paragraph)
    said = (
        f'<a href="{escape(act["url"])}" style="color:#0a58ca">{escape(act["label"])}</a>'
        if act is not None and _ours(act["url"], home)
        else _lines(_inline(paragraph, home, days=False))
    )
    return f'<p class="quiet" style="margin:28px 0 0;font-size:14px;{_QUIET}">{said}</p>'


def _sheet(locale: str, title: str, content: str) -> str:
    """The page around a letter's content."""
    return (
        f'<!doctype html><html lang="{escape(locale)}" dir="ltr"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        '<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">'
        f"<style>{_DARK}</style></head>"
        '<body style="margin:0;padding:0;background:#ffffff;color:#1b1f23;-webkit-text-size-adjust:100%">'
        '<table role="presentation" class="sheet" width="100%" cellpadding="0" cellspacing="0" border="0" '
        'style="table-layout:fixed;background:#ffffff;color:#1b1f23"><tr><td align="center" style="padding:20px 16px">'
        '<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0"><tr><td><![endif]-->'
        f'<div style="max-width:600px;margin:0 auto;text-align:left;font:16px/1.5 {_FONT};{_WRAP}">'
        f"{content}"
        "</div><!--[if mso]></td></tr></table><![endif]--></td></tr></table></body></html>"
    )


def _top(line: str) -> str:
    """The line above which staff answer: a thin rule under small words."""
    return (
        f'<p class="quiet rule" style="margin:0 0 20px;padding:0 0 8px;border-bottom:1px solid #d0d7de;font-size:13px;{_QUIET}">'
        f"{_lines(escape(line))}</p>"
    )


def _body(paragraphs: list[str], home: str) -> str:
    made: list[str] = []
    facts: list[tuple[str, str]] = []
    for place, paragraph in enumerate(paragraphs):
        fact = _FACT.fullmatch(paragraph)
        if fact is not None and _is_short(fact["label"], fact["value"]):
            facts.append((fact["label"], fact["value"]))
            continue
        made += [_facts(facts)] if facts else []
        facts = []
        made.append(_paragraph(paragraph, home, first=place == 0))
    return "\n".join([*made, *([_facts(facts)] if facts else [])])


def _is_short(label: str, value: str) -> bool:
    """A label of a few words; a longer one is a sentence, unless what it names is nothing to be read."""
    return "://" not in value and (len(label) <= 40 or _HEX.fullmatch(value) is not None)


def _facts(facts: list[tuple[str, str]]) -> str:
    """Short facts as a list: a small label, its value below."""
    return (
        '<dl style="margin:0 0 16px;padding:0">'
        + "".join(
            f'<dt class="quiet" style="margin:0;font-size:14px;{_QUIET}">{escape(label)}</dt>'
            f'<dd dir="auto" style="margin:0 0 10px">{_value(value)}</dd>'
            for label, value in facts
        )
        + "</dl>"
    )


def _value(value: str) -> str:
    if re.fullmatch(r"[0-9]{4,8}", value):  # a code to be typed off
        return f'<strong style="font-size:28px;letter-spacing:3px">{value}</strong>'
    if _HEX.fullmatch(value):
        return _code(value)
    return escape(value)


def _paragraph(paragraph: str, home: str, *, first: bool) -> str:
    act = _ACT.fullmatch(paragraph)
    if act is not None and _ours(act["url"], home):
        shown = _button if len(act["label"]) <= 32 else _sentence
        return shown(act["label"], act["url"], act["note"] or "")
    made: list[str] = []
    lines = paragraph.split("\n")
    while lines:
        said = lines[0].startswith(_THEIRS)
        until = next((n for n, line in enumerate(lines) if line.startswith(_THEIRS) != said), len(lines))
        some, lines = lines[:until], lines[until:]
        made.append(_said(some) if said else _own(some, home, first=first and not made))
    return "\n".join(made)


def _own(lines: list[str], home: str, *, first: bool) -> str:
    if (items := _items(lines)) is not None:
        return _listed(*items, home)
    words = "\n".join(lines)
    head = (
        "font-size:18px;font-weight:600;line-height:1.4;"
        if first and len(words) < _SHORT and "`" not in words
        else ""
    )
    days = len(_DAYS.findall(words))  # one that stands alone is what the letter is about; many explain it
    if days > 2:
        return f'<p class="quiet" style="margin:0 0 16px;font-size:14px;{_QUIET}">{_lines(_inline(words, home, days=False))}</p>'
    return f'<p style="{head}margin:0 0 16px">{_lines(_inline(words, home, days=days == 1))}</p>'


def _items(lines: list[str]) -> tuple[str, list[str]] | None:
    """A title and what is listed below it: lines with a bullet, or all lines behind a title with a colon."""
    if any(line.startswith(_BULLET) for line in lines):
        begin = next(n for n, line in enumerate(lines) if line.startswith(_BULLET))
        items: list[str] = []
        for line in lines[begin:]:
            if line.startswith(_BULLET) or not line.startswith(" "):
                items.append(line.removeprefix(_BULLET))
            else:
                items[-1] += "\n" + line.strip()
        return "\n".join(lines[:begin]), items
    if len(lines) > 2 and lines[0].endswith(":"):
        return lines[0], [line for line in lines[1:] if line.strip()]
    return None


def _listed(title: str, items: list[str], home: str) -> str:
    head = (
        f'<p style="margin:0 0 6px;font-weight:600">{_lines(_inline(title, home, days=False))}</p>'
        if title
        else ""
    )
    told = "".join(
        f'<li style="margin:0 0 6px">{_lines(_inline(item, home, days=False))}</li>' for item in items
    )
    return f'{head}<ul style="margin:0 0 16px;padding:0 0 0 20px">{told}</ul>'


def _said(lines: list[str]) -> str:
    """Somebody's own words: set apart as a whole, so that none of them can pass for ours."""
    words = "\n".join(line.removeprefix("  ").lstrip(">│").removeprefix(" ") for line in lines)
    return (
        '<blockquote class="said" dir="auto" style="margin:0 0 16px;padding:10px 14px;border-left:3px solid #afb8c1;'
        f'background:#f4f6f8;color:#1b1f23">{_lines(_whole(words))}</blockquote>'
    )


def _button(label: str, url: str, note: str) -> str:
    """A link that does one thing, easy to hit with a thumb; a cell, because Outlook pads nothing else."""
    small = (
        f'<p class="quiet" style="margin:0 0 16px;font-size:14px;{_QUIET}">{escape(note)}</p>' if note else ""
    )
    below = "6px" if note else "16px"
    return (
        f'<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:4px 0 {below}"><tr>'
        '<td class="act" bgcolor="#0a58ca" style="background:#0a58ca;border-radius:8px;padding:12px 20px">'
        f'<a href="{escape(url)}" style="color:#ffffff;text-decoration:none;font-weight:600">{escape(label)}</a>'
        f"</td></tr></table>{small}"
    )


def _sentence(label: str, url: str, note: str) -> str:
    """Such a link whose label is too long for a button."""
    more = f' <span class="quiet" style="{_QUIET}">({escape(note)})</span>' if note else ""
    return f'<p style="margin:0 0 16px"><a href="{escape(url)}" style="color:#0a58ca">{escape(label)}</a>{more}</p>'


def _foot(footer: str) -> str:
    if not footer.strip():
        return ""
    lines = [_address(line) for line in footer.strip().split("\n")]
    return (
        f'<p class="quiet rule" style="margin:28px 0 0;padding:12px 0 0;border-top:1px solid #d0d7de;font-size:13px;{_QUIET}">'
        f"{'<br>'.join(lines)}</p>"
    )


def _address(line: str) -> str:
    """A line of the footer: the operator's site and mailbox can be followed."""
    shown = escape(line)
    if re.fullmatch(_URL, line):
        return _link(line)
    if re.fullmatch(r"[^\s@:]+@[^\s@:]+", line):
        return f'<a href="mailto:{shown}" style="color:#0a58ca">{shown}</a>'
    return shown


def _inline(words: str, home: str, *, days: bool) -> str:
    """One stretch of our words: commands, our own links, numbers and the one date made plain to see."""
    made, end = [], 0
    for found in _SEEN.finditer(words):
        made.append(escape(words[end : found.start()]))
        end = found.end()
        seen = found[0]
        if found["code"] is not None:
            made.append(_code(found["code"]))
        elif found["url"] is not None and _ours(seen, home):
            made.append(_link(seen))
        elif found["number"] is not None or (found["day"] is not None and days):
            whole = ' style="white-space:nowrap"' if found["number"] is not None else ""
            made.append(f"<strong{whole}>{escape(seen)}</strong>")
        else:
            made.append(escape(seen))
    return "".join([*made, escape(words[end:])])


def _code(words: str) -> str:
    """A command, to be copied: it may go over several lines, but a number in it stays whole."""
    return (
        f'<code style="padding:2px 5px;border-radius:4px;background:#eef1f4;color:#1b1f23;font:14px/1.5 {_MONO};{_WRAP}">'
        f"{_whole(words)}</code>"
    )


def _whole(words: str) -> str:
    """Escaped, and no number in it is torn by the end of a line."""
    return re.sub(_NUMBER, lambda found: f'<span style="white-space:nowrap">{found[0]}</span>', escape(words))


def _link(url: str) -> str:
    return f'<a href="{escape(url)}" style="color:#0a58ca;{_WRAP}">{escape(url)}</a>'


def _ours(url: str, home: str) -> bool:
    return bool(home) and url.startswith(f"{home}/")


def _lines(made: str) -> str:
    return made.replace("\n", "<br>")
