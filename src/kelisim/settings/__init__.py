"""Every environment variable of kelisim, read once, whole, with all faults named together."""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from sqlalchemy import URL

from kelisim.settings import addresses
from kelisim.settings.addresses import Listen, Maildir, MailHost, Network, is_loopback
from kelisim.settings.keys import Keys, lookup_keys, sealing_keys, trial_keys

__all__ = ["Keys", "Listen", "MailHost", "Maildir", "NotConfigured", "Settings", "Variable", "trial_keys"]

TELEGRAM = "https://api.telegram.org"
TRIAL_TOKEN = "1000000000:trial-token-of-the-sandbox-0000000"
PREFIX = "KELISIM_"

When = Literal["never", "production", "webhook"]


class NotConfigured(Exception):
    """The environment does not make a desk: `faults` says everything that is wrong, in plain words."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("kelisim: not configured: " + ", ".join(faults))
        self.faults = faults


class Variable(NamedTuple):
    """What a variable is for, and when it must be given; a secret one may come as `name`_FILE instead."""

    name: str
    description: str
    secret: bool
    required_when: When


@dataclass(frozen=True)
class Says:
    """The description of a field, beside its type."""

    description: str
    secret: bool = False
    required_when: When = "never"


def _token(text: str) -> SecretStr:
    if not re.fullmatch(r"[0-9]{1,16}:[A-Za-z0-9_-]{3,64}", text):
        raise ValueError("is not the shape of a token: digits, a colon, letters, digits, - or _")
    return SecretStr(text)


def _updates(text: str) -> str:
    if text not in ("polling", "webhook"):
        raise ValueError("must be polling or webhook")
    return text


def _webhook_secret(text: str) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", text):
        raise ValueError("must be at most 256 of A-Z, a-z, 0-9, _ and -")
    return SecretStr(text)


def _home(text: str) -> Path:
    path = Path(text).expanduser()
    if path.exists() and not path.is_dir():
        raise ValueError("is not a folder")
    return path.absolute()


def _operator(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_file():
        raise ValueError("there is no such file")
    return path.absolute()


class Settings(BaseModel):
    """The environment, understood. No secret shows in its repr."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    token: Annotated[
        SecretStr,
        BeforeValidator(_token),
        Says("token from @BotFather", secret=True, required_when="production"),
    ] = SecretStr(TRIAL_TOKEN)
    bot_api: Annotated[
        str,
        BeforeValidator(addresses.site),
        Says("address of the Bot API, Telegram's unless given; on this machine it makes a trial"),
    ] = TELEGRAM
    updates: Annotated[
        Literal["polling", "webhook"],
        BeforeValidator(_updates),
        Says("polling or webhook, polling unless given"),
    ] = "polling"
    webhook_secret: Annotated[
        SecretStr | None,
        BeforeValidator(_webhook_secret),
        Says("32 random bytes as 43 characters of base64url", secret=True, required_when="webhook"),
    ] = None
    url: Annotated[
        str | None,
        BeforeValidator(addresses.site),
        Says("public address of this desk, https://…", required_when="webhook"),
    ] = None
    listen: Annotated[
        Listen,
        BeforeValidator(addresses.listen),
        Says("host:port to listen on, 127.0.0.1:8080 unless given"),
    ] = Listen("127.0.0.1", 8080)
    proxy: Annotated[
        tuple[Network, ...],
        BeforeValidator(addresses.proxies),
        Says("addresses or networks of the proxy before this desk; 127.0.0.1,::1 unless given"),
    ] = (ip_network("127.0.0.1"), ip_network("::1"))
    home: Annotated[
        Path,
        BeforeValidator(_home),
        Says("home: the data folder, ~/.local/share/kelisim unless given"),
    ]
    database: Annotated[
        URL,
        BeforeValidator(addresses.database),
        Says(
            "sqlite:////path or postgresql://user:password@host/name, kelisim.db in the home unless given",
            secret=True,
        ),
    ] = Field(default_factory=lambda data: addresses.database(f"sqlite:///{data['home']}/kelisim.db"))
    key: Annotated[
        dict[int, bytes] | None,
        BeforeValidator(sealing_keys),
        Says(
            "sealing keys of 32 random bytes, id:base64[,id:base64…], id 0 to 255, the first seals",
            secret=True,
            required_when="production",
        ),
    ] = Field(None, repr=False)
    lookup_key: Annotated[
        tuple[bytes, ...] | None,
        BeforeValidator(lookup_keys),
        Says(
            "look-up key, 32 random bytes in base64; new,old while it changes",
            secret=True,
            required_when="production",
        ),
    ] = Field(None, repr=False)
    operator: Annotated[
        Path | None,
        BeforeValidator(_operator),
        Says("operator file: who answers for the data, what for, terms, staff", required_when="production"),
    ] = None
    smtp: Annotated[
        MailHost | None,
        BeforeValidator(addresses.smtp),
        Says(
            "smtps://user:password@host:465 or smtp+starttls://user:password@host:587",
            secret=True,
            required_when="production",
        ),
    ] = None
    imap: Annotated[
        MailHost | Maildir | None,
        BeforeValidator(addresses.imap),
        Says("imaps://user:password@host:993/Folder or maildir:///path", secret=True),
    ] = None

    @classmethod
    def read(cls, env: Mapping[str, str] | None = None) -> Self:
        """The settings of this environment (of the process unless given); raises NotConfigured."""
        env = os.environ if env is None else env
        faults: dict[str, str] = {}
        given = {"home": _default_home(env)} | _given(env, faults)
        try:
            settings = cls(**given)
        except ValidationError as error:
            for wrong in error.errors():
                if cause := wrong.get("ctx", {}).get("error"):  # else: a default that another fault kept away
                    faults[str(wrong["loc"][0])] = str(cause)
            sound = {name: value for name, value in given.items() if name not in faults}
            settings = cls(**{"home": _default_home(env)} | sound)
        for name, fault in settings._lacks(env).items():
            faults.setdefault(name, fault)
        if faults:
            ordered = [name for name in cls.model_fields if name in faults]
            ordered += [name for name in faults if name not in ordered]
            raise NotConfigured([f"{_variable(name)} ({faults[name]})" for name in ordered])
        return settings

    @classmethod
    def variables(cls) -> list[Variable]:
        """Every variable there is, in the order to read them."""
        return [
            Variable(_variable(name), says.description, says.secret, says.required_when)
            for name, info in cls.model_fields.items()
            for says in info.metadata
            if isinstance(says, Says)
        ]

    @property
    def production(self) -> bool:
        """Whether the Bot API is somewhere else than on this machine: there is no switch to forget."""
        return not is_loopback(urlsplit(self.bot_api).hostname)

    def keys(self) -> Keys:
        """The keys that were given; in a trial those missing are made in the home. Raises NotConfigured."""
        if self.key and self.lookup_key:
            return Keys(self.key, self.lookup_key)
        try:
            made = trial_keys(self.home)
        except (ValueError, OSError) as error:
            fault = error.strerror if isinstance(error, OSError) else f"a trial key in it {error}"
            raise NotConfigured([f"{_variable('home')} ({fault})"]) from None
        return Keys(self.key or made.seal, self.lookup_key or made.lookup)

    def _lacks(self, env: Mapping[str, str]) -> dict[str, str]:
        """What is wrong only in view of the rest."""
        faults: dict[str, str] = {}
        needed = {"production": self.production, "webhook": self.updates == "webhook"}
        for variable in self.variables():
            name = variable.name.removeprefix(PREFIX).lower()
            if needed.get(variable.required_when) and name not in self.model_fields_set:
                faults[name] = variable.description
        if self.production:
            if self.url and not self.url.startswith("https://"):
                faults["url"] = "must begin with https:// where the Bot API is not on this machine"
            beyond = (self.url or needed["webhook"]) and not is_loopback(self.listen.host)
            if beyond and "proxy" not in self.model_fields_set:
                faults["proxy"] = "must name the proxy where the desk listens beyond this machine"
            if self.webhook_secret and len(self.webhook_secret.get_secret_value()) < 43:
                faults["webhook_secret"] = "must have 43 characters or more: 32 random bytes"
            for name in ("key", "lookup_key"):
                file = env.get(f"{_variable(name)}_FILE")
                if file and any(Path(file).resolve().is_relative_to(place) for place in self._data_folders()):
                    faults[name] = "lies in the data folder: a key must not travel with what it opens"
        else:
            for name, host in (("smtp", self.smtp), ("imap", self.imap)):
                if isinstance(host, MailHost) and not is_loopback(host.host):
                    faults[name] = "in a trial the post stays on this machine"
        if self.key and self.lookup_key and set(self.key.values()) & set(self.lookup_key):
            faults["lookup_key"] = "must not be a sealing key as well"
        return faults

    def _data_folders(self) -> list[Path]:
        file = self.database.database if self.database.drivername.startswith("sqlite") else None
        return [self.home.resolve()] + ([Path(file).resolve().parent] if file else [])


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _default_home(env: Mapping[str, str]) -> str:
    base = env.get("XDG_DATA_HOME", "")
    if not base.startswith("/"):  # the XDG specification: a relative one is to be ignored
        base = str(Path(env.get("HOME") or Path.home()) / ".local/share")
    return f"{base}/kelisim"


def _given(env: Mapping[str, str], faults: dict[str, str]) -> dict[str, Any]:
    """The values by field, those of …_FILE read; an empty one counts as not given."""
    given: dict[str, Any] = {}
    known: list[str] = []
    for name, _, secret, _ in Settings.variables():
        known += [name, f"{name}_FILE"] if secret else [name]
        field_name = name.removeprefix(PREFIX).lower()
        value, file = env.get(name, "").strip(), env.get(f"{name}_FILE", "").strip() if secret else ""
        if value and file:
            faults[field_name] = f"is given twice, here and as {name}_FILE"
        elif file:
            try:
                value = Path(file).read_text().strip()
            except (OSError, UnicodeDecodeError):
                faults[field_name] = f"the file that {name}_FILE names cannot be read"
            else:
                if not value:
                    faults[field_name] = f"the file that {name}_FILE names is empty"
        if value and field_name not in faults:
            given[field_name] = value
    for name in sorted(name for name in env if name.startswith(PREFIX) and name not in known):
        if near := difflib.get_close_matches(name, known, 1, cutoff=0.85):
            faults[name.removeprefix(PREFIX).lower()] = f"is unknown, perhaps {near[0]} is meant"
    return given
