"""Benchmarks/startup: `stomics --help`, process start to exit, against the goal of 50 ms."""

from .common import main, ours, parser, run, summary, table, write

GOAL_MILLISECONDS = 50


def startup():
    options = parser(__doc__, repeats=20).parse_args()
    run(ours("--help"))
    rows, values = [], {}
    for words in (["--help"], ["train", "--help"]):
        times = summary([run(ours(*words)).seconds * 1000 for _ in range(options.repeats)])
        values[" ".join(words)] = times
        verdict = "met" if times["median"] < GOAL_MILLISECONDS else "missed"
        rows.append([f"`stomics {' '.join(words)}`", f"{times['min']:.1f} / {times['median']:.1f}", GOAL_MILLISECONDS, verdict])
    about = f"{options.repeats} starts a command, after one to warm the file cache."
    write("startup", about, table(["command", "ms, min / median", "goal, ms", ""], rows), {"milliseconds": values})


main(startup)
