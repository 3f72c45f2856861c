"""What the environment may say, and what is answered when it does not make a desk."""

import base64
import os
from pathlib import Path

import pytest

from kelisim.settings import Keys, Maildir, NotConfigured, Settings, trial_keys

TOKEN = "123456789:AAF-made-up-token-of-a-test_0000000"
SEALING = base64.b64encode(bytes(range(32))).decode()
OLDER = base64.b64encode(bytes(range(50, 82))).decode()
LOOKUP = base64.urlsafe_b64encode(bytes(range(200, 232))).decode().rstrip("=")
WEBHOOK_SECRET = "0123456789-abcdefghijklmnopqrstuvwxyz_ABCDE"
TRIAL = {"KELISIM_BOT_API": "http://127.0.0.1:8081"}


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """An environment that lacks nothing."""
    operator = tmp_path / "operator.toml"
    operator.touch()
    return {
        "KELISIM_TOKEN": TOKEN,
        "KELISIM_KEY": f"1:{SEALING}",
        "KELISIM_LOOKUP_KEY": LOOKUP,
        "KELISIM_OPERATOR": str(operator),
        "KELISIM_SMTP": "smtps://desk:a%40word@post.example:465",
        "KELISIM_HOME": str(tmp_path / "home"),
    }


def faults(env: dict[str, str]) -> list[str]:
    with pytest.raises(NotConfigured) as refused:
        Settings.read(env)
    assert str(refused.value) == "kelisim: not configured: " + ", ".join(refused.value.faults)
    return refused.value.faults


def names(env: dict[str, str]) -> list[str]:
    return [fault.partition(" ")[0] for fault in faults(env)]


def test_an_empty_environment_is_production_and_lacks_everything_at_once() -> None:
    assert names({}) == [
        "KELISIM_TOKEN",
        "KELISIM_KEY",
        "KELISIM_LOOKUP_KEY",
        "KELISIM_OPERATOR",
        "KELISIM_SMTP",
    ]
    assert faults({})[0] == "KELISIM_TOKEN (token from @BotFather)"


def test_a_whole_environment_is_understood(production: dict[str, str], tmp_path: Path) -> None:
    settings = Settings.read(production)
    assert settings.production
    assert settings.token.get_secret_value() == TOKEN
    assert settings.bot_api == "https://api.telegram.org"
    assert settings.keys() == Keys({1: bytes(range(32))}, (bytes(range(200, 232)),))
    assert settings.smtp is not None
    assert (settings.smtp.host, settings.smtp.port, settings.smtp.tls) == ("post.example", 465, "implicit")
    assert (settings.smtp.user, settings.smtp.password) == ("desk", "a@word")
    assert settings.database.database == str(tmp_path / "home/kelisim.db")
    assert settings.listen == ("127.0.0.1", 8080)


def test_what_is_wrong_and_what_is_missing_are_told_together(production: dict[str, str]) -> None:
    del production["KELISIM_OPERATOR"]
    wrong = {"KELISIM_TOKEN": "nonsense", "KELISIM_UPDATES": "pigeon", "KELISIM_HOME": "/dev/null"}
    assert names(production | wrong) == [
        "KELISIM_TOKEN",
        "KELISIM_UPDATES",
        "KELISIM_HOME",
        "KELISIM_OPERATOR",
    ]


def test_a_trial_needs_nothing_but_a_bot_api_on_this_machine() -> None:
    for address in (
        "http://127.0.0.1:8081",
        "http://localhost:8081",
        "http://[::1]:8081",
        "http://127.9.9.9:1",
    ):
        assert not Settings.read({"KELISIM_BOT_API": address}).production


@pytest.mark.parametrize(
    "address",
    [
        "https://localhost.example",
        "https://127.0.0.1.example",
        "https://api.telegram.org",
        "https://0.0.0.0:8081",
        "https://10.0.0.1",
    ],
)
def test_whatever_is_not_surely_this_machine_is_production(address: str) -> None:
    assert "KELISIM_KEY" in names({"KELISIM_BOT_API": address})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KELISIM_BOT_API", "http://bots.example"),
        ("KELISIM_BOT_API", "http://127.1:8081"),
        ("KELISIM_BOT_API", "https://someone@bots.example"),
        ("KELISIM_SMTP", "smtp://post.example:25"),
        ("KELISIM_SMTP", "smtp://127.0.0.1.example:25"),
        ("KELISIM_IMAP", "imap://post.example/Desk"),
        ("KELISIM_IMAP", "maildir://home/desk"),
        ("KELISIM_URL", "http://desk.example"),
        ("KELISIM_DATABASE", "mysql://desk@db/desk"),
        ("KELISIM_DATABASE", "sqlite://"),
        ("KELISIM_DATABASE", "not an address"),
        ("KELISIM_LISTEN", "8080"),
        ("KELISIM_LISTEN", "127.0.0.1:99999"),
        ("KELISIM_PROXY", "nginx"),
        ("KELISIM_PROXY", "10.0.0.1/8"),
        ("KELISIM_KEY", SEALING),
        ("KELISIM_KEY", f"256:{SEALING}"),
        ("KELISIM_KEY", f"1:{SEALING},1:{OLDER}"),
        ("KELISIM_KEY", "1:" + base64.b64encode(bytes(range(31))).decode()),
        ("KELISIM_KEY", f"1:*{SEALING}"),
        ("KELISIM_KEY", "1:" + base64.b64encode(b"k" * 32).decode()),
        ("KELISIM_KEY", "1:ключ"),
        ("KELISIM_LOOKUP_KEY", "***"),
        ("KELISIM_LOOKUP_KEY", SEALING),
        ("KELISIM_OPERATOR", "/nowhere/operator.toml"),
        ("KELISIM_WEBHOOK_SECRET", "too-short"),
    ],
)
def test_a_wrong_value_is_refused_in_production(production: dict[str, str], name: str, value: str) -> None:
    assert names(production | {name: value}) == [name]


def test_mail_without_tls_stays_on_this_machine_and_a_trial_sends_nowhere_else() -> None:
    local = Settings.read(TRIAL | {"KELISIM_SMTP": "smtp://127.0.0.1:2525"}).smtp
    assert local is not None
    assert (local.tls, local.port, local.user) == ("none", 2525, None)
    assert names(TRIAL | {"KELISIM_SMTP": "smtps://post.example"}) == ["KELISIM_SMTP"]
    assert names(TRIAL | {"KELISIM_IMAP": "imaps://post.example"}) == ["KELISIM_IMAP"]


def test_starttls_is_a_scheme_of_its_own(production: dict[str, str]) -> None:
    smtp = Settings.read(production | {"KELISIM_SMTP": "smtp+starttls://post.example"}).smtp
    assert smtp is not None
    assert (smtp.tls, smtp.port) == ("starttls", 587)


def test_a_mailbox_is_a_server_with_a_folder_or_a_maildir() -> None:
    mailbox = Settings.read(TRIAL | {"KELISIM_IMAP": "imap://127.0.0.1:1143/Desk/Inside"}).imap
    assert mailbox is not None
    assert not isinstance(mailbox, Maildir)
    assert (mailbox.port, mailbox.folder) == (1143, "Desk/Inside")
    assert Settings.read(TRIAL | {"KELISIM_IMAP": "maildir:///var/mail/desk"}).imap == Maildir(
        Path("/var/mail/desk")
    )


def test_a_webhook_needs_a_secret_and_an_https_address(production: dict[str, str]) -> None:
    webhook = production | {"KELISIM_UPDATES": "webhook"}
    assert names(webhook) == ["KELISIM_WEBHOOK_SECRET", "KELISIM_URL"]
    webhook |= {"KELISIM_WEBHOOK_SECRET": WEBHOOK_SECRET, "KELISIM_URL": "http://127.0.0.1:8080"}
    assert names(webhook) == ["KELISIM_URL"]
    assert Settings.read(webhook | {"KELISIM_URL": "https://desk.example/"}).url == "https://desk.example"


def test_beyond_this_machine_the_desk_listens_only_behind_a_named_proxy(production: dict[str, str]) -> None:
    """T-WEB-09: and without a public address nothing listens, so nothing need be named."""
    wide = production | {"KELISIM_LISTEN": "0.0.0.0:8080"}
    assert Settings.read(wide).listen.host == "0.0.0.0"
    served = wide | {"KELISIM_URL": "https://desk.example"}
    assert names(served) == ["KELISIM_PROXY"]
    proxies = Settings.read(served | {"KELISIM_PROXY": "10.0.0.0/8, 192.0.2.7"}).proxy
    assert [str(network) for network in proxies] == ["10.0.0.0/8", "192.0.2.7/32"]
    assert [str(network) for network in Settings.read(production).proxy] == ["127.0.0.1/32", "::1/128"]


def test_a_webhook_of_a_trial_may_be_plain_on_this_machine() -> None:
    webhook = {"KELISIM_UPDATES": "webhook", "KELISIM_URL": "http://127.0.0.1:8080"}
    assert names(TRIAL | webhook) == ["KELISIM_WEBHOOK_SECRET"]
    assert Settings.read(TRIAL | webhook | {"KELISIM_WEBHOOK_SECRET": WEBHOOK_SECRET}).updates == "webhook"


def test_databases_get_the_driver_that_waits_for_nobody() -> None:
    def address(text: str) -> str:
        url = Settings.read(TRIAL | {"KELISIM_DATABASE": text}).database
        return url.render_as_string(hide_password=False)

    assert address("sqlite:////var/lib/k.db") == "sqlite+aiosqlite:////var/lib/k.db"
    assert address("postgresql://a:b@db/k") == "postgresql+asyncpg://a:b@db/k"
    assert address("postgres://a:b@db/k?sslmode=require") == "postgresql+asyncpg://a:b@db/k?ssl=require"
    assert address("postgresql+asyncpg://postgres@/k?host=/run/pg") == (
        "postgresql+asyncpg://postgres@/k?host=%2Frun%2Fpg"
    )


def test_a_secret_may_come_from_a_file(production: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    del production["KELISIM_TOKEN"]
    settings = Settings.read(production | {"KELISIM_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.token.get_secret_value() == TOKEN


def test_a_secret_given_twice_or_in_a_missing_or_empty_file_is_refused(
    production: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    assert faults(production | {"KELISIM_TOKEN_FILE": "/nowhere"}) == [
        "KELISIM_TOKEN (is given twice, here and as KELISIM_TOKEN_FILE)"
    ]
    del production["KELISIM_TOKEN"]
    for file in ("/nowhere", str(tmp_path / "empty"), str(tmp_path)):
        assert names(production | {"KELISIM_TOKEN_FILE": file}) == ["KELISIM_TOKEN"]
        assert names(TRIAL | {"KELISIM_TOKEN_FILE": file}) == ["KELISIM_TOKEN"]


def test_a_key_that_lies_beside_the_store_is_refused_in_production(
    production: dict[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "key").write_text(production.pop("KELISIM_KEY"))
    (tmp_path / "link").symlink_to(home / "key")
    for file in (home / "key", tmp_path / "link"):
        assert names(production | {"KELISIM_KEY_FILE": str(file)}) == ["KELISIM_KEY"]
    (home / "key").rename(tmp_path / "key")
    assert Settings.read(production | {"KELISIM_KEY_FILE": str(tmp_path / "key")}).production
    beside = {"KELISIM_KEY_FILE": str(tmp_path / "key"), "KELISIM_DATABASE": f"sqlite:///{tmp_path}/k.db"}
    assert names(production | beside) == ["KELISIM_KEY"]


def test_a_misspelt_variable_is_named_and_a_foreign_one_is_left_alone() -> None:
    assert faults(TRIAL | {"KELISIM_TOKNE": TOKEN}) == [
        "KELISIM_TOKNE (is unknown, perhaps KELISIM_TOKEN is meant)"
    ]
    assert Settings.read(TRIAL | {"KELISIM_SERVICE_HOST": "10.0.0.7", "KELISIM_PORT": "tcp://10.0.0.7:80"})


def test_no_secret_shows_in_a_fault_or_in_the_settings(production: dict[str, str]) -> None:
    whole = production | {
        "KELISIM_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "KELISIM_DATABASE": "postgresql://desk:canary-of-db@db/desk",
        "KELISIM_IMAP": "imaps://desk:canary-of-imap@post.example",
        "KELISIM_SMTP": "smtps://desk:canary-of-smtp@post.example",
        "KELISIM_KEY": f"2:{SEALING},1:{OLDER}",
    }
    settings = Settings.read(whole)
    shown = f"{settings!r} {settings} {settings.keys()!r} {settings.smtp} {settings.database}"
    broken = {name: f"broken {value} broken" for name, value in whole.items()}
    told = " ".join(faults(broken))
    assert set(names(broken)) == set(broken) - {"KELISIM_HOME"}  # a folder may be called anything
    keys = (repr(bytes(range(32))), repr(bytes(range(200, 232))))
    secrets = (TOKEN, SEALING, OLDER, LOOKUP, WEBHOOK_SECRET, "canary-of", *keys)
    for secret in secrets:
        assert secret not in shown
        assert secret not in told
    assert TOKEN in str(whole)


def test_trial_keys_are_made_once_closed_to_others_and_differ_between_homes(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    made = trial_keys(home)
    assert trial_keys(home) == made
    assert trial_keys(tmp_path / "other") != made
    assert {len(key) for key in (*made.seal.values(), *made.lookup)} == {32}
    assert made.lookup[0] not in made.seal.values()
    assert home.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in home.iterdir()] == [0o600, 0o600]


def test_keys_given_to_a_trial_are_used_and_no_file_is_made(tmp_path: Path) -> None:
    given = {
        "KELISIM_KEY": f"7:{SEALING}",
        "KELISIM_LOOKUP_KEY": LOOKUP,
        "KELISIM_HOME": str(tmp_path / "home"),
    }
    assert Settings.read(TRIAL | given).keys().seal == {7: bytes(range(32))}
    assert not (tmp_path / "home").exists()


def test_a_spoilt_trial_key_is_told_and_not_replaced(tmp_path: Path) -> None:
    settings = Settings.read(TRIAL | {"KELISIM_HOME": str(tmp_path)})
    settings.keys()
    (tmp_path / "trial-sealing.key").write_text("")
    with pytest.raises(NotConfigured, match="KELISIM_HOME"):
        settings.keys()
    assert (tmp_path / "trial-sealing.key").read_text() == ""


def test_the_home_follows_the_desktop_convention() -> None:
    assert Settings.read(TRIAL | {"HOME": "/home/dias"}).home == Path("/home/dias/.local/share/kelisim")
    assert Settings.read(TRIAL | {"XDG_DATA_HOME": "/data"}).home == Path("/data/kelisim")
    assert Settings.read(TRIAL | {"HOME": "/h", "XDG_DATA_HOME": "here"}).home == Path(
        "/h/.local/share/kelisim"
    )


def test_the_process_environment_is_read_when_no_other_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KELISIM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KELISIM_BOT_API", "http://localhost:1")
    monkeypatch.setenv("KELISIM_LISTEN", "[::1]:80")
    assert Settings.read().listen == ("::1", 80)


def test_every_field_says_what_it_is_for() -> None:
    variables = Settings.variables()
    assert [variable.name for variable in variables] == [
        f"KELISIM_{field.upper()}" for field in Settings.model_fields
    ]
    assert all(variable.description for variable in variables)
    assert {variable.name for variable in variables if variable.secret} == {
        "KELISIM_TOKEN",
        "KELISIM_WEBHOOK_SECRET",
        "KELISIM_DATABASE",
        "KELISIM_KEY",
        "KELISIM_LOOKUP_KEY",
        "KELISIM_SMTP",
        "KELISIM_IMAP",
    }
