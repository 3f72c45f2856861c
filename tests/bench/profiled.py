"""Runs a module as `python -m` would, under a profiler that two signals switch: `profiled.py FILE MODULE …`.

SIGUSR1 begins, SIGUSR2 ends and writes FILE; so start-up and warm-up stay out of the figures.
"""

import cProfile
import os
import runpy
import signal
import sys

if __name__ == "__main__":
    _, target, module, *arguments = sys.argv
    del sys.path[0]  # this folder: `python -m` would not have it
    profiler = cProfile.Profile()

    def begin(number: int, frame: object) -> None:
        """Profile the main thread from here on."""
        profiler.enable()

    def end(number: int, frame: object) -> None:
        """Write what was seen; the file appears at once and whole."""
        profiler.disable()
        profiler.dump_stats(target + ".part")
        os.replace(target + ".part", target)

    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, end)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
