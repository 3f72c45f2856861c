"""What was newly written in a reply: right or held, never somebody else's words (THREATS.md T-LET-09, T-LET-10)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from time import perf_counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.mail import corpus
from tests.mail.corpus import Sample

from kelisim.mail import quotes, signatures
from kelisim.mail.letter import Letter, Sender
from kelisim.mail.lines import Line
from kelisim.mail.quotes import Extract, extract

SEEN = {sample.name: sample for sample in corpus.samples(corpus.REPLIES / "seen")}
RU = SEEN["gmail-web-ru"]
MARK = RU.marks[0]
QUOTED = "\n".join(f"> {line}".rstrip() for line in RU.ours.split("\n"))
ATTRIBUTION = "пн, 12 янв. 2026 г. в 14:05, ТОО «KazGer» <info@alit.kz>:"
HEADERS = "От: ТОО «KazGer» <info@alit.kz>\nОтправлено: 12 января 2026 г. 14:05\nКому: Ерлан <erlan@alit.kz>\nТема: сұрақ"


def taken(text: str, marks: tuple[str, ...] = (MARK,), ours: str = RU.ours, *, sure: bool = True) -> Extract:
    """What is taken out of a letter with this text."""
    return extract(Letter("<1@alit.kz>", Sender(None), "Re:", text, corpus.RECEIVED, sure=sure), marks, ours)


def test_the_corpus_is_told_apart_without_one_wrong_release() -> None:
    figures = corpus.judged(SEEN.values())
    assert (figures.wrong, figures.leaked) == ([], []), str(figures)
    assert figures.share >= 0.95, str(figures)


def test_the_corpus_covers_the_programs_and_the_languages() -> None:
    assert len(SEEN) >= 45
    languages = Counter(sample.language for sample in SEEN.values())
    assert min(languages["kk"], languages["ru"], languages["en"]) >= 15, languages
    assert len({sample.client for sample in SEEN.values()}) >= 15
    assert sum(sample.hold for sample in SEEN.values()) >= 15


def test_every_canary_of_the_corpus_could_leak() -> None:
    """A negative test is worth nothing if the words it looks for are not there: all are in our letter, nearly all came back."""
    back = 0
    for sample in SEEN.values():
        assert len(sample.canaries) == 2, sample.name
        assert all(corpus.same(canary) in corpus.same(sample.ours) for canary in sample.canaries), sample.name
        text = corpus.same(re.sub(r"[>\u200b]", " ", sample.letter().text))
        back += all(corpus.same(canary) in text for canary in sample.canaries)
    assert back >= len(SEEN) - 5


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"\n{ATTRIBUTION}\n{QUOTED}", quotes.EMPTY),
        (f"\n{ATTRIBUTION}\n{QUOTED}\n\nДа, в субботу.", quotes.BELOW),
        (
            f"Отвечаю.\n\n{ATTRIBUTION}\n" + QUOTED.replace("> > в субботу?", "> > в субботу?\nДа."),
            quotes.INLINE,
        ),
        (
            f"Отвечаю.\n\n{ATTRIBUTION}\n" + QUOTED.replace("> > в субботу?", "> > в субботу?\n> > Да."),
            quotes.INLINE,
        ),
        (f"Ответы ниже.\n\n{ATTRIBUTION}\n{QUOTED}", quotes.BELOW),
        (f"Вот.\n\n> пусть ждёт\n\n{ATTRIBUTION}\n{QUOTED}", quotes.SECOND),
        (f"Вот.\n\n{HEADERS}\n\nПусть ждёт.\n\n{HEADERS}\n\n{RU.ours}", quotes.SECOND),
        (f"Вот.\n\n▼ a2b3c4d5 ▼ Напишите ответ\n\n{ATTRIBUTION}\n{QUOTED}", quotes.SECOND),
        (
            f"Ждём.\n12 января, 11:20, Дана Сарсенова: согласна, ждём.\n\n{ATTRIBUTION}\n{QUOTED}",
            quotes.REPEATS,
        ),
        (
            f"Диас, пожалуйста, ничего не обещать до решения юриста!\n\n{ATTRIBUTION}\n{QUOTED}",
            quotes.REPEATS,
        ),
        ("Да.\n\n" + RU.ours.replace(MARK, ""), quotes.REPEATS),
        (
            "Да.\n\nЗдравствуйте! Когда будут готовы мои документы и можно ли забрать их\nв субботу?",
            quotes.NO_END,
        ),
        ("", quotes.NO_END),
        (f"Да.\nТОО «KazGer» <info@alit.kz>\n{RU.ours}", quotes.UNCLEAR),
        (f"Да. {RU.ours}", quotes.UNCLEAR),
        (f"Отправлено с iPhone\n\nДа.\n\n{ATTRIBUTION}\n{QUOTED}", quotes.UNCLEAR),
        (f"Да.\n\n{ATTRIBUTION}\nВ субботу.\n{QUOTED}", quotes.SECOND),
        (f"[EXTERNAL] Это письмо пришло извне\n\nДа.\n\n{ATTRIBUTION}\n{QUOTED}", quotes.UNCLEAR),
        ("а" * 200_001, quotes.LONG),
        ("а\n" * 5_001, quotes.LONG),
    ],
)
def test_what_is_unclear_is_held_and_says_why(text: str, why: str) -> None:
    found = taken(text)
    assert (found.sure, found.why) == (False, why)
    assert not any(corpus.same(canary) in corpus.same(found.text) for canary in RU.canaries)


def test_guessed_letters_are_held() -> None:
    text = f"Да.\n\n{ATTRIBUTION}\n{QUOTED}"
    assert taken(text) == Extract("Да.", True)
    assert taken(text, sure=False) == Extract("Да.", False, quotes.CHARSET)


def test_only_the_mark_of_this_letter_ends_an_answer() -> None:
    """T-LET-09: what the person pasted into their question cannot move the end: neither a mark of ours nor a command."""
    dias = SEEN["gmail-dias-commands-ru"]
    assert "> ▼ a2b3c4d5 ▼" in dias.ours and "> /refuse" in dias.ours
    for name in ("gmail-dias-commands-ru", "outlook-dias-commands-ru"):
        sample = SEEN[name]
        found = extract(sample.letter(), sample.marks, sample.ours)
        assert found.sure and corpus.same(found.text) == corpus.same(sample.expect[0])
        assert "refuse" not in found.text and "принять" not in found.text
    # The same without our mark, as if the program had lost it: the end is found by the shape of the quotation.
    lost = dias.letter()
    lost = replace(lost, text=lost.text.replace(dias.marks[0], ""))
    assert corpus.same(extract(lost, dias.marks, dias.ours).text) == corpus.same(dias.expect[0])


@pytest.mark.parametrize(
    "mark",
    ["hd5x\u200bk2ro", "h d 5 x k 2 r o", "HD5XK2RO", "hd5xk\n> 2ro", "*hd5xk2ro*", "hd5x\u00adk2ro"],
)
def test_a_mark_is_found_however_it_was_mangled(mark: str) -> None:
    assert taken("Да.\n\n" + RU.ours.replace(MARK, mark)).text == "Да."


def test_our_letter_told_again_explains_the_quotation_though_its_date_moved() -> None:
    again = RU.ours.replace("15 января 2026", "22 февраля 2026").replace(
        f"▼ {MARK} ▼ Напишите ответ над этой строкой\n", ""
    )
    assert taken(f"Да.\n\n{ATTRIBUTION}\n{QUOTED}", ours=again) == Extract("Да.", True)
    assert taken(f"Да.\n\n{HEADERS}\n\n{RU.ours}", ours=again) == Extract("Да.", True)


def test_a_frame_of_ours_is_internal_and_never_an_answer() -> None:
    """Notes stand in our letters behind «│»; whoever copies one sends nothing."""
    ours = RU.ours + "\nЗаметка:\n  │ клиент трудный, тянуть до пятницы и не звонить ему первым\n"
    quoted = "\n".join(f"> {line}".rstrip() for line in ours.split("\n"))
    assert taken(f"Да.\n\n{ATTRIBUTION}\n{quoted}", ours=ours) == Extract("Да.", True)
    plain = f"Да, клиент трудный, тянуть до пятницы и не звонить ему первым.\n\n{ATTRIBUTION}\n{quoted}"
    assert taken(plain, ours=ours).why == quotes.REPEATS
    framed = f"Да.\n  │ клиент трудный\n\n{ATTRIBUTION}\n{quoted}"
    assert (taken(framed, ours=ours).sure, taken(framed, ours=ours).text) == (False, "Да.")


def test_without_our_letter_only_a_marked_quotation_proves_that_nothing_was_written() -> None:
    """Silence may be read as a yes elsewhere: words that could be an answer must never pass for silence."""
    assert taken(f"\n{ATTRIBUTION}\n{QUOTED}", ours="").why == quotes.EMPTY
    for text in (
        f"{HEADERS}\n\n{RU.ours}",
        f"{HEADERS}\n\n{RU.ours}\nНет, это не я.",
        f"Нет. {RU.ours}",
        "\n",
        "Отправлено с iPhone\n\nНет",
    ):
        assert taken(text, ours="").why != quotes.EMPTY, text
    assert taken(f"{ATTRIBUTION}\n{QUOTED}\n\nНет", ours="").why == quotes.BELOW


@pytest.mark.parametrize(
    ("below", "kept"),
    [
        ("\n\n-- \nЕрлан Сеитов\n+7 701 000 00 00", ""),
        ("\n\nОтправлено с iPhone", ""),
        ("\n\nIPhone-нан жіберілді", ""),
        ("\n\nSent from Outlook for Android", ""),
        ("\n\nПолучите Outlook для iOS<https://aka.ms/o0ukef>", ""),
        ("\n\nЯндекс Поштадан жіберілді", ""),
        ("\n\nС уважением,\nЕрлан", "\n\nС уважением,\nЕрлан"),
        ("\n\nҚұрметпен, Ерлан\n\n-- \nЗаңгер", "\n\nҚұрметпен, Ерлан"),
        ("\n\nтел. +7 701 000 00 00", "\n\nтел. +7 701 000 00 00"),
        ("\n\nОтправлено курьером с Алматы.", "\n\nОтправлено курьером с Алматы."),
        ("\n\nЕсли Вы не получили сообщение, предназначенное Вам, напишите нам.",
         "\n\nЕсли Вы не получили сообщение, предназначенное Вам, напишите нам."),
        ("\n\n[cid:image001.png@01DC83]", ""),
        ("\n\nОтправлено с мобильного устройства", ""),
        ("\n\nВы писали: «Когда будут готовы мои документы и можно ли забрать их в субботу?» Да.",
         "\n\nВы писали: «Когда будут готовы мои документы и можно ли забрать их в субботу?» Да."),
        ("\n\nThis message is confidential. If you are not the intended recipient, delete it.", ""),
    ],
)  # fmt: skip
def test_signatures_go_and_what_was_said_stays(below: str, kept: str) -> None:
    found = taken(f"Документы готовы.{below}\n\n{ATTRIBUTION}\n\n{QUOTED}")
    assert (found.text, found.why) == (f"Документы готовы.{kept}", "")


@pytest.mark.parametrize(
    "below",
    [
        "-- \nИ ещё: приходите до обеда.", "Отправлено с iPhone\nНет, лучше в среду",
        "Скачать приложение для Android можно на сайте.",
        "Хат Gmail поштасына жіберілді.", "Envoyé de mon iPhone", "Outlook Mobile", "Пишу с айфона, простите за опечатки",
        "Информация в этом письме конфиденциальна и предназначена только адресату.",
        "Осы хаттағы ақпарат құпия, рұқсатсыз таратуға тыйым салынады.",
        "Бұл хат құпия.\nДиас, егер сіз алушы болмасаңыз, айтыңыз.",
    ],
)  # fmt: skip
def test_last_words_that_may_be_a_programs_or_a_lawyers_are_held(below: str) -> None:
    found = taken(f"Документы готовы.\n\n{below}\n\n{ATTRIBUTION}\n\n{QUOTED}")
    assert found.why == quotes.UNCLEAR or found.text == "Документы готовы.", found


NAMED = '12.01.2026, 14:05, "ТОО «KazGer»" <info@alit.kz>:'
TO, ABOUT = "Кому: Ерлан (erlan@alit.kz);", "Тема: № K-8RT5W2JCD, вопрос;"
EM = 'От "ТОО «KazGer»" <info@alit.kz>\nКому "Ерлан" <erlan@alit.kz>\nДата 12.01.2026 14:05:05\nТема № K-8RT5W2JCD, вопрос'


@pytest.mark.parametrize(
    "between",
    [
        f"----------------\n{TO}\n{ABOUT}\n{NAMED}\n{QUOTED}",
        f"----------------\nTo: Erlan (erlan@alit.kz);\nCc: Dana (dana@alit.kz);\nSubject: No. 1;\n{NAMED}\n{QUOTED}",
        f"------ Исходное сообщение ------\n{EM}\n\n{QUOTED}",
        f"------ Исходное сообщение ------\n{EM}\n\n{RU.ours}",
        f"Вы писали 12 января 2026 г., 14:05:05:\n\n{QUOTED}\n\n-- \nС уважением,\n Ерлан    mailto:erlan@alit.kz",
        f"-- \nSent from my Android device with K-9 Mail. Please excuse my brevity.\n\n{ATTRIBUTION}\n{QUOTED}",
        f"-- \nПростите за краткость, создано в K-9 Mail.\n\n{ATTRIBUTION}\n{QUOTED}",
        f"Android құрылғымнан K-9 Mail арқылы жіберілді. Қысқалығы үшін кешіріңіз.\n\n{ATTRIBUTION}\n{QUOTED}",
    ],
)
def test_what_programs_write_around_a_quotation_is_cut(between: str) -> None:
    assert taken(f"Да, в субботу.\n\n{between}") == Extract("Да, в субботу.", True)


@pytest.mark.parametrize(
    "between",
    [
        f"{TO}\n{ABOUT}\n{NAMED}\n{QUOTED}",  # no line drawn above
        f"----------------\n{ABOUT}\n{NAMED}\n{QUOTED}",  # to nobody
        f"----------------\n{TO}\nА Дане нельзя.\n{NAMED}\n{QUOTED}",
        f"------ Исходное сообщение ------\n{EM}\nНо не в эту.\n\n{QUOTED}",
        f"------ Исходное сообщение ------\n{EM.replace('Дата 12.01.2026 14:05:05', 'Дата не подходит')}\n\n{QUOTED}",
        f"Вы писали 12 января 2026 г., 14:05:05:\n\nНа это отвечаем: да.\n\n{ATTRIBUTION}\n{QUOTED}",
        f"-- \nОтправлено с Android. Простите за ошибки в договоре, завтра исправим.\n\n{ATTRIBUTION}\n{QUOTED}",
    ],
)
def test_what_only_looks_like_it_is_held(between: str) -> None:
    assert not taken(f"Да, в субботу.\n\n{between}").sure


@pytest.mark.parametrize("number", ["No", "N", "?", "No.", "№"])
def test_our_letter_is_known_in_a_charset_without_our_signs(number: str) -> None:
    """KOI8-R and the like: «▼», «№» and «ёлочки» come back as what was at hand; what somebody wrote there is still seen."""
    number = f"{number} K-8RT5W2JCD"
    ours = RU.ours + "\nНовое обращение № K-8RT5W2JCD: вопрос, ТОО «KazGer».\n"
    back = ours.replace("▼", "?").replace("«", '"').replace("»", '"').replace("№ K-8RT5W2JCD", number)
    assert back != ours and number in back
    assert taken(f"Да.\n\n{HEADERS}\n\n{back}", ours=ours) == Extract("Да.", True)
    said = back.replace(number, f"Да. {number}")
    assert taken(f"Да.\n\n{HEADERS}\n\n{said}", ours=ours).why == quotes.INLINE


def test_a_thumb_is_neither_an_answer_nor_silence() -> None:
    assert taken(f"\U0001f44e\n\n{ATTRIBUTION}\n{QUOTED}").why == quotes.UNCLEAR


def test_the_writers_own_words_in_our_letter_may_be_said_again() -> None:
    """In reply to an echo: the corrected answer repeats most of it. The rest of the echo stays ours."""
    answer = "Документы будут готовы в пятницу, приходите с удостоверением в десятое окно до обеда"
    ours = RU.ours + f"\nЭто прочтёт человек:\n  │ {answer}\n"
    quoted = "\n".join(f"> {line}".rstrip() for line in ours.split("\n"))
    text = f"{answer}. Второй этаж.\n\n{ATTRIBUTION}\n{quoted}"
    assert taken(text, ours=ours).why == quotes.REPEATS
    letter = Letter("<1@alit.kz>", Sender(None), "Re:", text, corpus.RECEIVED)
    assert extract(letter, (MARK,), ours, own=answer) == Extract(f"{answer}. Второй этаж.", True)
    leak = replace(
        letter, text=f"{answer}. Пожалуйста, ничего не обещать до решения юриста.\n\n{ATTRIBUTION}\n{quoted}"
    )
    assert extract(leak, (MARK,), ours, own=answer).why == quotes.REPEATS


def test_hostile_text_takes_no_time() -> None:
    """Anybody can write to the mailbox: no text within the limits keeps the desk busy."""
    ours = RU.ours * 40
    for unit in (
        "a",
        "a:\n",
        "> x\n",
        "От: a@b\n",
        "<@",
        "@",
        "▼",
        "—\n",
        "--\n",
        "\n",
        "h d 5 x k 2 r ",
        "a@a.",
        "1 ",
        "iphone ",
    ):
        text = (unit * 200_000)[:199_000] + f"\n\n> {MARK}"
        began = perf_counter()
        taken(text, ours=ours)
        assert perf_counter() - began < 5, unit


# What people write, with much that looks like what programs write.
SAID = st.sampled_from(
    ["", "Құжаттар ертең дайын болады.", "Иә", "Да, приходите в субботу",
     "Yes.", "Здравствуйте, Диас!", "12 января 2026 г. вы писали:",
     "Пишите на info@alit.kz", "Байланыс: dana@alit.kz:", "тел.:", "- паспорт", "Тема: документы", "Дата: 12.01.2026", "От: меня",
     "Кому: Диасу", "С уважением,", "Ерлан", "13.01.2026, 10:00", "Mail <erlan@alit.kz>", "On Monday, 12 January 2026, please come",
     "вс, 18 янв. 2026 г. закрыто", "ср, 14 янв. в 10:00:", "*Важно*", "a > b", "> b", "/refuse", "№ K-8RT5W2JCD", "wrote:",
     "жазды:",
     "Отправлено вчера курьером", "Жіберілді: 12.01", "Данные конфиденциальны.", "Исходное сообщение мы получили", "…"]
)  # fmt: skip
LETTERS = st.text('абвәғқң cd12.,:;-–!?@<>«»"()*/#│▼\u00a0', max_size=40)
# A line of nothing but dashes begins a signature, whoever drew it.
LINES = (SAID | LETTERS).filter(lambda line: not signatures.dashes(Line(line)))
HUMAN = st.lists(LINES, min_size=1, max_size=6).map("\n".join)


def _tail(sample: Sample) -> str:
    """What the program put below the answer."""
    text, answer = sample.letter().text.lstrip(), sample.expect[0].strip()
    assert text.startswith(answer), sample.name
    return text[len(answer) :]


TAILS = [(sample, _tail(sample)) for sample in SEEN.values() if not sample.hold]
TAILS = [(sample, tail) for sample, tail in TAILS if tail.strip()]


def _spoken(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


@settings(max_examples=1_000)
@given(HUMAN, st.sampled_from(TAILS), st.booleans())
@example("От: меня", next(found for found in TAILS if found[0].client == "outlook-desktop"), False)
@example("13.01.2026, 10:00", next(found for found in TAILS if found[0].client == "roundcube"), True)
def test_any_words_above_any_quotation_come_out_whole_or_are_held(
    human: str, below: tuple[Sample, str], close: bool
) -> None:
    sample, tail = below
    tail = "\n" + tail.lstrip("\n") if close else tail
    found = taken(human + tail, sample.marks, sample.ours)
    assert not any(corpus.same(canary) in corpus.same(found.text) for canary in sample.canaries)
    assert not found.sure or _spoken(found.text) == _spoken(human), found


@pytest.mark.parametrize(
    "said", ["16 января", "Кому: dana@alit.kz;", "Да, это внешний источник.", "13.01.2026, 10:00"]
)
@pytest.mark.parametrize("quoted", [True, False])
def test_an_answer_above_a_line_of_ours_that_reads_like_an_attribution_is_seen(
    said: str, quoted: bool
) -> None:
    """«12.01.2026 … wrote:» may stand in our own letter: it makes nobody's words the program's."""
    line = "Человек написал раньше:"
    ours = RU.ours + f"\n{line}\n> не могу войти\n"
    prefix = "> " if quoted else ""
    for text in (ours, ours.replace(line, f"{said}\n{line}")):
        back = "\n".join((prefix + part).rstrip() for part in text.split("\n"))
        found = taken(f"Отвечаю.\n\n{ATTRIBUTION if quoted else HEADERS}\n\n{back}", ours=ours)
        assert found == (
            Extract("Отвечаю.", True) if text == ours else Extract("Отвечаю.", False, quotes.INLINE)
        )


@pytest.mark.parametrize("said", ["+", "👍", "✅", "> 👎"])
def test_a_sign_between_our_lines_is_something_said(said: str) -> None:
    text = f"Отвечаю.\n\n{ATTRIBUTION}\n{QUOTED}"
    assert taken(text) == Extract("Отвечаю.", True)
    inside = text.replace("> > в субботу?", f"> > в субботу?\n{said}")
    assert inside != text and taken(inside).why == quotes.INLINE
    assert taken(f"{text}\n\n{said.removeprefix('> ')}").why == quotes.BELOW
    ours = RU.ours.replace("> в субботу?", f"> в субботу?\n{said}")
    assert taken(inside, ours=ours) == Extract("Отвечаю.", True)


INSIDE = ("Иә, 16 қаңтарда келіңіз, күтеміз.", "Да", "Нет, нельзя.", "Yes, of course she may come.", "ok", "16 января", "- паспорт",
          "См. https://alit.kz/new")  # fmt: skip


@settings(max_examples=500)
@given(st.sampled_from(INSIDE), st.sampled_from(TAILS), st.data(), st.booleans())
def test_words_between_the_lines_of_our_letter_are_never_overlooked(
    said: str, below: tuple[Sample, str], data: st.DataObject, quoted: bool
) -> None:
    """Below the line of the mark and above the last line of ours; with a prefix too, as programs write into their own quotation."""
    sample, tail = below
    lines = tail.split("\n")
    marked = [at for at, line in enumerate(lines) if sample.marks[0] in line]
    last = max(at for at, line in enumerate(lines) if "info@alit.kz" in line or "вопрос." in line)
    if not marked:
        return  # the samples whose mark was mangled: the tests above look at them
    at = data.draw(st.integers(marked[0] + 2, last))
    lines.insert(at, f"> {said}" if quoted else said)
    found = taken(sample.expect[0].strip() + "\n".join(lines), sample.marks, sample.ours)
    assert not found.sure, "\n".join(lines)
