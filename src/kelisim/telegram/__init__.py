"""The chat: one message is the screen, every press and every word is one visit."""
