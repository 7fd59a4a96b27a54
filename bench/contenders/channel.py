"""The channel of a Python contender: its task in argv, one line of JSON per message on stdout, `report` and the end on stdin."""

import json
import os
import resource
import sys
import threading


def read_task():
    return json.loads(sys.argv[1])


def tell(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def watch_stdin(on_report):
    """Calls on_report for each line; ends the process when the benchmark closes stdin."""

    def watch():
        for _ in sys.stdin:
            on_report()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def cpu_us():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round((usage.ru_utime + usage.ru_stime) * 1e6)


def peak_rss_mib():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError("/proc/self/status has no VmHWM")


def count_events(ended_in_lf, chunk):
    """Counts the events of one non-empty read by their blank lines; also returns whether it ends in the middle of a blank line."""
    joins = ended_in_lf and chunk[:1] == b"\n"
    rest = chunk[1:] if joins else chunk
    line_feeds = len(rest) - len(rest.rstrip(b"\n"))
    return joins + rest.count(b"\n\n"), line_feeds % 2 == 1
