"""Files that were sent, kept in memory up to a size; the oldest go first."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from kelisim.sandbox.parameters import Upload


@dataclass(frozen=True)
class Kept:
    """A stored file under the three names Telegram gives it."""

    file_id: str
    unique_id: str
    path: str
    upload: Upload

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.upload.content)

    def facts(self) -> dict[str, object]:
        """What every file object of the Bot API says."""
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": self.size}


class Files:
    """All files, found by file_id or by path."""

    def __init__(self, most_bytes: int) -> None:
        self.most = most_bytes
        self.bytes = 0
        self.by_id: OrderedDict[str, Kept] = OrderedDict()
        self.by_path: dict[str, Kept] = {}

    def put(self, upload: Upload, folder: str) -> Kept:
        """Keep a file; `folder` is Telegram's kind of folder, such as documents."""
        ending = upload.name.rpartition(".")[2] if "." in upload.name else "bin"
        ending = ending if ending.isalnum() else "bin"
        name = secrets.token_urlsafe(9)
        kept = Kept(f"F{secrets.token_urlsafe(24)}", name, f"{folder}/{name}.{ending}", upload)
        self.by_id[kept.file_id] = self.by_path[kept.path] = kept
        self.bytes += kept.size
        while self.bytes > self.most and len(self.by_id) > 1:
            _, old = self.by_id.popitem(last=False)
            del self.by_path[old.path]
            self.bytes -= old.size
        return kept
