// What the page itself says, in the three languages. The bot speaks for itself.
const WORDS = {
  kk: {
    sandbox: "сынақ алаңы", promise: "Бәрі осы компьютерде: ештеңе сыртқа кетпейді.", people: "Кімнің атынан сөйлесесіз",
    pageLanguage: "Беттің тілі", messages: "Хабарламалар", commands: "Бот командалары", write: "Хабарлама жазыңыз",
    send: "Жіберу", attach: "Тіркеу", replyKeyboard: "Батырмалар", postbox: "Пошта жәшігі",
    postboxAbout: "Жүйе жіберген хаттардың бәрі осында қалады.", store: "Не жазылды",
    storeAbout: "Деректер қорының тірі көрінісі. Мөрленген ұяшықтар ашылмайды.", live: "жаңарып тұрады", views: "Бөлімдер",
    viewChat: "Чат", viewPost: "Хаттар", viewStore: "Дерекқор", newTab: "Жаңа бетте ашу", close: "Жабу", document: "Құжат",
    ok: "Түсінікті", start: "Бастау", block: "Ботты бұғаттау", unblock: "Бұғаттан шығару", bot: "бот",
    typing: "жазып жатыр…", asleep: "бот әлі қосылмады", blocked: "Сіз ботты бұғаттадыңыз: ол Сізге жаза алмайды.",
    before: "Бұл бот не істей алады?", nobody: "Чат бос", edited: "өзгертілді", forwarded: "Қайта жіберілген",
    open: "Ашу", noLetters: "Әзірге хат жоқ", noLettersHint: "Бот хат жіберсе, ол бірден осында пайда болады.",
    from: "Кімнен", to: "Кімге", text: "Мәтін", html: "HTML", raw: "Түпнұсқа", back: "Артқа", answer: "Осы мекенжайдан жауап беру",
    compose: "Хат жазу", subject: "Тақырыбы", letterHint: "Хат мәтіні", sendLetter: "Хатты жіберу", written: "Хат ұйымның пошта жәшігіне салынды.",
    spoofed: "Жіберуші расталмаған (жалған хат)",
    answerHint: "Жауап мәтіні", sendAnswer: "Жауапты жіберу", answered: "Жауап үстелдің пошта жәшігіне салынды.",
    files: "Тіркемелер", sealed: (n) => `мөрленген · ${n} байт`, hash: "кілтті хеш", empty: "Бос кестелер",
    rows: (n) => `${n} жазба`, newest: (n) => `соңғы ${n} жазба көрсетілген`, storeNone: "Дерекқор берілмеген (--database).",
    storeWaiting: "Дерекқор әлі жасалған жоқ.", storeTrouble: "Дерекқор оқылмады", storeEmpty: "Дерекқорда ештеңе жазылмаған.",
    contact: "Нөмірім", sticker: "Стикер", voice: "Дауыс", photo: "Сурет", file: "Құжат", location: "Орын",
    removed: "Хабарлама түрі", unread: "жаңа", you: "Сіз", failed: "Болмады", copied: "Көшірілді",
    tables: {
      subjects: "субъектілер", contacts: "байланыс жолдары", profile: "аты-жөні", consent_records: "келісім дәлелдері",
      consents: "бүгінгі келісімдер", consent_counts: "келісім саны", suppressions: "тоқтатулар", outbox: "жіберілетіндер",
      ledger: "әрекеттер журналы", documents: "құжаттар", documents_shown: "көрсетілген құжаттар", seen: "көрілген оқиғалар",
      codes: "растау кодтары", attempts: "талпыныстар", prompts: "күтіп тұрған сұрақтар", parked: "кейінге қалғандар",
      leases: "кезекшілік", facts: "жүйе деректері", cases: "өтініштер", case_events: "өтініш барысы",
      case_messages: "өтініш хаттары", attachments: "тіркелген файлдар", viewings: "кім ашып қарады", holds: "сақтауға нұсқаулар",
      representations: "өкілдіктер", erasures: "жою туралы шешімдер", links: "бір реттік сілтемелер", merges: "біріктірілген жазбалар",
      broadcasts: "таратылымдар", letters: "келген хаттар", replies: "қызметкерлердің жауаптары",
    },
  },
  ru: {
    sandbox: "песочница", promise: "Всё на этом компьютере: наружу ничего не уходит.", people: "От чьего имени Вы говорите",
    pageLanguage: "Язык страницы", messages: "Сообщения", commands: "Команды бота", write: "Напишите сообщение",
    send: "Отправить", attach: "Вложить", replyKeyboard: "Кнопки", postbox: "Почтовый ящик",
    postboxAbout: "Все письма, которые отправила система, остаются здесь.", store: "Что записано",
    storeAbout: "Живой вид базы данных. Запечатанные ячейки не раскрываются.", live: "обновляется", views: "Разделы",
    viewChat: "Чат", viewPost: "Письма", viewStore: "База", newTab: "Открыть в новой вкладке", close: "Закрыть",
    document: "Документ", ok: "Понятно", start: "Начать", block: "Заблокировать бота", unblock: "Разблокировать", bot: "бот",
    typing: "печатает…", asleep: "бот ещё не подключился", blocked: "Вы заблокировали бота: он не может Вам писать.",
    before: "Что умеет этот бот?", nobody: "Чат пуст", edited: "изменено", forwarded: "Переслано",
    open: "Открыть", noLetters: "Писем пока нет", noLettersHint: "Когда бот отправит письмо, оно сразу появится здесь.",
    from: "От кого", to: "Кому", text: "Текст", html: "HTML", raw: "Исходный вид", back: "Назад", answer: "Ответить с этого адреса",
    compose: "Написать письмо", subject: "Тема", letterHint: "Текст письма", sendLetter: "Отправить письмо", written: "Письмо положено в почтовый ящик организации.",
    spoofed: "Отправитель не подтверждён (поддельное письмо)",
    answerHint: "Текст ответа", sendAnswer: "Отправить ответ", answered: "Ответ положен в почтовый ящик стола.",
    files: "Вложения", sealed: (n) => `запечатано · ${n} байт`, hash: "хеш с ключом", empty: "Пустые таблицы",
    rows: (n) => `записей: ${n}`, newest: (n) => `показаны последние ${n}`, storeNone: "База не указана (--database).",
    storeWaiting: "База ещё не создана.", storeTrouble: "База не прочиталась", storeEmpty: "В базе ничего не записано.",
    contact: "Мой номер", sticker: "Стикер", voice: "Голос", photo: "Фото", file: "Документ", location: "Место",
    removed: "Вид сообщения", unread: "новых", you: "Вы", failed: "Не вышло", copied: "Скопировано",
    tables: {
      subjects: "субъекты", contacts: "каналы связи", profile: "имена", consent_records: "доказательства согласий",
      consents: "согласия на сегодня", consent_counts: "счёт согласий", suppressions: "остановки", outbox: "исходящие",
      ledger: "журнал действий", documents: "документы", documents_shown: "показанные документы", seen: "виденные события",
      codes: "коды подтверждения", attempts: "попытки", prompts: "ожидающие вопросы", parked: "отложенные",
      leases: "дежурства", facts: "сведения системы", cases: "обращения", case_events: "ход обращений",
      case_messages: "сообщения обращений", attachments: "приложенные файлы", viewings: "кто смотрел", holds: "распоряжения хранить",
      representations: "представители", erasures: "решения удалить", links: "одноразовые ссылки", merges: "объединённые записи",
      broadcasts: "рассылки", letters: "полученные письма", replies: "ответы сотрудников",
    },
  },
  en: {
    sandbox: "sandbox", promise: "Everything stays on this computer: nothing leaves it.", people: "Who you speak as",
    pageLanguage: "Language of the page", messages: "Messages", commands: "The bot's commands", write: "Write a message",
    send: "Send", attach: "Attach", replyKeyboard: "Buttons", postbox: "Postbox",
    postboxAbout: "Every letter the system sent stays here.", store: "What was written",
    storeAbout: "The store, live. Sealed cells are never opened.", live: "live", views: "Parts of the page",
    viewChat: "Chat", viewPost: "Letters", viewStore: "Store", newTab: "Open in a new tab", close: "Close", document: "Document",
    ok: "OK", start: "Start", block: "Block the bot", unblock: "Unblock", bot: "bot",
    typing: "typing…", asleep: "the bot has not called yet", blocked: "You have blocked the bot: it cannot write to you.",
    before: "What can this bot do?", nobody: "The chat is empty", edited: "edited", forwarded: "Forwarded",
    open: "Open", noLetters: "No letters yet", noLettersHint: "When the bot sends a letter, it appears here at once.",
    from: "From", to: "To", text: "Text", html: "HTML", raw: "Source", back: "Back", answer: "Answer from this address",
    compose: "Write a letter", subject: "Subject", letterHint: "Text of the letter", sendLetter: "Send the letter", written: "The letter is in the operator's mailbox.",
    spoofed: "Nothing vouches for the sender (a forged letter)",
    answerHint: "Text of the answer", sendAnswer: "Send the answer", answered: "The answer is in the desk's mailbox.",
    files: "Attachments", sealed: (n) => `sealed · ${n} bytes`, hash: "keyed hash", empty: "Empty tables",
    rows: (n) => (n === 1 ? "1 row" : `${n} rows`), newest: (n) => `newest ${n} shown`, storeNone: "No store was given (--database).",
    storeWaiting: "The store is not there yet.", storeTrouble: "The store could not be read", storeEmpty: "Nothing is written in the store.",
    contact: "My number", sticker: "Sticker", voice: "Voice", photo: "Photo", file: "Document", location: "Place",
    removed: "Kind of message", unread: "new", you: "You", failed: "Not done", copied: "Copied",
    tables: {
      subjects: "people the desk knows", contacts: "ways to reach them", profile: "names", consent_records: "evidence of consent",
      consents: "consents today", consent_counts: "consents counted", suppressions: "stops", outbox: "on the way out",
      ledger: "journal of acts", documents: "texts in force", documents_shown: "documents shown", seen: "events seen",
      codes: "confirmation codes", attempts: "attempts", prompts: "open questions", parked: "put aside",
      leases: "who is on duty", facts: "facts of the system", cases: "requests", case_events: "course of cases",
      case_messages: "messages of cases", attachments: "files of cases", viewings: "who looked", holds: "orders to keep",
      representations: "who acts for whom", erasures: "decisions to delete", links: "one-time links", merges: "records made one",
      broadcasts: "messages to many", letters: "letters taken", replies: "replies of staff",
    },
  },
};

const LOCALES = { kk: "kk-KZ", ru: "ru-RU", en: "en-GB" };
export let language = "kk";

export function speak(code) {
  language = WORDS[code] ? code : "en";
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", word(node.dataset.label));
  for (const node of document.querySelectorAll("[data-hint]")) node.setAttribute("placeholder", word(node.dataset.hint));
}

export function word(name, ...values) {
  const said = WORDS[language][name];
  return typeof said === "function" ? said(...values) : said;
}

export function caption(table) {
  return WORDS[language].tables[table] || "";
}

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString(LOCALES[language], { hour: "2-digit", minute: "2-digit" });
}

export function number(value) {
  return value.toLocaleString(LOCALES[language]);
}
