"""A real dovecot on ports of its own: letters come by LMTP, and the server can be stopped and started behind the same door.

It runs as whoever runs the tests. Nothing of the machine's own dovecot is read or touched.
"""

from __future__ import annotations

import contextlib
import getpass
import grp
import imaplib
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kelisim.settings import MailHost

DOVECOT = shutil.which("dovecot") or (
    "/usr/sbin/dovecot" if os.access("/usr/sbin/dovecot", os.X_OK) else None
)
USER, PASSWORD = "desk", "secret of the mailbox"
SECONDS = 15.0

CONFIGURATION = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
ssl = {ssl}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %n
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
mail_location = maildir:{folder}/mail/%n
mail_uid = {user}
mail_gid = {group_of_mail}
first_valid_uid = 1
first_valid_gid = 1
mailbox_list_index = no
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
}}
passdb {{
  driver = passwd-file
  args = {folder}/passwd
}}
userdb {{
  driver = static
  args = uid={user} gid={group_of_mail} home={folder}/mail/%n
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
protocol imap {{
  {imap_settings}
}}
protocol lmtp {{
  postmaster_address = postmaster@example.kz
}}
"""


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Dovecot:
    """One server; `capability` takes what it offers away, as other servers do not offer it."""

    def __init__(
        self,
        folder: Path,
        *,
        separator: str = ".",
        prefix: str = "",
        capability: str = "",
        certificate: Path | None = None,
    ) -> None:
        assert DOVECOT is not None
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.imap, self.imaps, self.lmtp = free_port(), free_port(), free_port()
        root = os.geteuid() == 0
        user, group = ("mail", "mail") if root else (getpass.getuser(), grp.getgrgid(os.getegid()).gr_name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "mail" / USER).mkdir(parents=True)
        if root:
            folder.chmod(0o755)
            for each in (folder / "mail", folder / "mail" / USER):
                shutil.chown(each, user, group)
        (folder / "passwd").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n")
        tls = f"yes\nssl_cert = <{certificate}\nssl_key = <{certificate}" if certificate is not None else "no"
        self.configuration = folder / "dovecot.conf"
        self.configuration.write_text(
            CONFIGURATION.format(
                folder=folder, user=user, group_of_mail=group, separator=separator, prefix=prefix,
                internal="dovecot" if root else user, group="dovecot" if root else group,
                login="dovenull" if root else user, imap=self.imap, imaps=self.imaps if certificate else 0,
                lmtp=self.lmtp, ssl=tls, imap_settings=f"imap_capability = {capability}" if capability else "",
            )
        )  # fmt: skip

    @property
    def host(self) -> MailHost:
        """The mailbox, as KELISIM_IMAP names it."""
        return MailHost("127.0.0.1", self.imap, "none", USER, PASSWORD)

    @property
    def url(self) -> str:
        """KELISIM_IMAP."""
        return f"imap://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.imap}/INBOX"

    def start(self) -> None:
        """Until it answers."""
        assert DOVECOT is not None
        self._process = subprocess.Popen(
            [DOVECOT, "-F", "-c", str(self.configuration)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        for port in (self.imap, self.lmtp):
            _until(partial(_answers, port))

    def stop(self) -> None:
        """At once, with every connection: dovecot itself takes its time to end."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def deliver(
        self, letter: bytes, to: str = f"{USER}@example.kz", sender: str = "someone@example.kz"
    ) -> None:
        """A letter, as a mail server brings it; `to` may have a plus."""
        with smtplib.LMTP("127.0.0.1", self.lmtp) as server:
            server.sendmail(sender, [to], letter)

    @contextlib.contextmanager
    def client(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Another program at the same mailbox; it marks nothing as read."""
        with imaplib.IMAP4("127.0.0.1", self.imap) as client:
            client.login(USER, PASSWORD)
            client.select(folder, readonly=True)
            yield client

    def letters(self, folder: str = "INBOX") -> list[tuple[str, set[str]]]:
        """Subject and flags of each letter in a folder, in their order; none where there is no folder."""
        found = []
        with self.client(folder) as client:
            if client.state != "SELECTED" or client.response("EXISTS")[1] == [b"0"]:
                return []
            _typ, said = client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            for one in said:
                if isinstance(one, tuple):
                    flags = re.search(rb"FLAGS \(([^)]*)\)", one[0])
                    subject = one[1].decode().partition(":")[2].strip()
                    found.append((subject, set(flags[1].decode().split()) if flags else set()))
        return found

    def make_anew(self) -> None:
        """Every letter gets another UID and the mailbox another UIDVALIDITY, as after a move to another server."""
        self.stop()
        for file in (self.folder / "mail" / USER).glob("dovecot*"):
            file.unlink()
        time.sleep(3.1)  # UIDVALIDITY is a second of the clock, and each folder has had one of its own
        self.start()


@contextlib.contextmanager
def a_dovecot(**given: Any) -> Iterator[Dovecot]:
    """A server that runs, in a folder with a short name (its sockets have 107 characters); skips where there is none."""
    if DOVECOT is None:
        pytest.skip("no dovecot: apt-get install dovecot-imapd dovecot-lmtpd")
    with tempfile.TemporaryDirectory(prefix="kelisim-mail-", ignore_cleanup_errors=True) as folder:
        server = Dovecot(Path(folder), **given)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "dovecot does not do what it was told"
        time.sleep(0.01)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0) as door:
        return bool(door.recv(1))
    return False
