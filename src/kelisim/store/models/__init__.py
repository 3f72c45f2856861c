"""What is kept, table by table. Every column says whether it is about a person, and then why and for how long.

`personal(...)` columns form the register of personal data (`REGISTER`): what access shows, correction changes and
erasure destroys. `plain(...)` columns tell nothing about anyone. A column declared in any other way fails a test.
"""

from kelisim.store.models.cases import Attachment, Case, CaseEvent, CaseMessage, Letter, Reply
from kelisim.store.models.columns import Base, Big, Personal, Utc, personal, plain
from kelisim.store.models.consents import (
    Consent,
    ConsentCount,
    ConsentRecord,
    DocumentShown,
    PublishedDocument,
    Suppression,
)
from kelisim.store.models.custody import Erasure, Hold, LedgerEntry, Viewing
from kelisim.store.models.messages import Broadcast, OutboxMessage, Traffic
from kelisim.store.models.people import Contact, Merge, ProfileField, Representation, Subject
from kelisim.store.models.visits import Attempt, Code, Fact, Lease, Link, Parked, Prompt, Seen

REGISTER: dict[str, Personal] = {
    f"{table.name}.{column.name}": column.info["personal"]
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if column.info.get("personal")
}

__all__ = [
    "REGISTER",
    "Attachment",
    "Attempt",
    "Base",
    "Big",
    "Broadcast",
    "Case",
    "CaseEvent",
    "CaseMessage",
    "Code",
    "Consent",
    "ConsentCount",
    "ConsentRecord",
    "Contact",
    "DocumentShown",
    "Erasure",
    "Fact",
    "Hold",
    "Lease",
    "LedgerEntry",
    "Letter",
    "Link",
    "Merge",
    "OutboxMessage",
    "Parked",
    "Personal",
    "ProfileField",
    "Prompt",
    "PublishedDocument",
    "Reply",
    "Representation",
    "Seen",
    "Subject",
    "Suppression",
    "Traffic",
    "Utc",
    "Viewing",
    "personal",
    "plain",
]
