"""The benchmark: kelisim beside a bare echo bot and a session-per-update bot, in one run, as ratios."""
