"""The bots that kelisim is compared with; each file is a whole program, set by BENCH_… variables."""
