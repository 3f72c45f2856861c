"""The door of the letter: a mailbox is read, each letter is one visit."""
