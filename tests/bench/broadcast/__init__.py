"""The benchmark of broadcasts: kelisim beside the naive loop and two published libraries, in one run, at Telegram's limit."""
