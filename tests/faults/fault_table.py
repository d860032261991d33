"""The table of faults in docs/reliability.md, made from what the tests say of themselves.

python tests/faults/fault_table.py           write it
python tests/faults/fault_table.py --check   exit status 1 where it is not what the tests say
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
NOTHING = "nothing: the run goes on"


@dataclass(frozen=True)
class Row:
    """One fault: what a user sees, what is kept, and the test that shows it."""

    name: str
    seen: str
    kept: str
    test: str


BATCH, CLUSTER = "tests/test_render_batch.py", "tests/test_dask.py"
KILLED = "test_whatever_is_killed_the_reports_are_whole_and_the_next_run_finishes"
# shown by tests that are about something wider
WIDER = [
    Row(
        "a cell raises an error",
        "FAILED broken/default: cell 3, line 2: KeyError: 'hectares'",
        "the last good page; how far it came stands in `*.failed.html`; exit status 1",
        f"{BATCH}::test_the_end_of_a_run_repeats_each_failure_in_one_line",
    ),
    Row(
        "a cell hangs",
        "FAILED slow/default: timeout, cell 3, line 3: not finished after 12 seconds",
        "the other reports; what was shown and the traceback",
        f"{BATCH}::test_a_time_out_keeps_the_traceback_and_what_was_shown",
    ),
    Row(
        "a kernel is killed",
        "`retry`, then FAILED dying/default: kernel died, cell 3: the kernel ended before the notebook did",
        "the other reports; the last good page",
        f"{BATCH}::test_what_may_go_well_the_next_time_is_tried_once_more",
    ),
    Row(
        "a worker process is killed",
        "`retry`; if again: FAILED killer/district-north: worker lost: a worker ended (-9)",
        "the other reports; a new worker takes its place",
        f"{BATCH}::test_a_lost_worker_takes_only_its_own_report_with_it",
    ),
    Row(
        "a worker process does not answer",
        "FAILED stuck/district-north: worker lost: a worker ended (-9)",
        "the other reports",
        f"{BATCH}::test_a_worker_that_does_not_answer_is_ended",
    ),
    Row(
        "the command, its group or a fork server is killed (`kill -9`)",
        "nothing more of the run; no process is left after five seconds",
        "every file that can be seen is whole; the next run makes what is missing",
        f"{BATCH}::{KILLED}",
    ),
    Row(
        "a second command on the same folder",
        "minestats: waiting for PID on HOST, since TIME",
        "both end well; the second finds nothing to do",
        f"{BATCH}::test_three_runs_at_once_on_one_folder_all_end_well",
    ),
    Row(
        "a worker of a cluster is killed",
        NOTHING,
        "every report: another worker makes what this one was making",
        f"{CLUSTER}::test_what_a_killed_worker_was_making_is_made_by_another",
    ),
    Row(
        "the scheduler of a cluster is killed",
        "minestats: the Dask scheduler at ADDRESS ended or cannot be reached; 2 reports were not made, and the next run makes them",
        "what was written; the index; exit status 1",
        f"{CLUSTER}::test_a_killed_scheduler_is_told_and_what_is_made_is_kept",
    ),
    Row(
        "the command of a cluster is killed",
        "nothing more of the run; the workers end what nobody waits for",
        "what was written; the next run makes no report twice",
        f"{CLUSTER}::test_a_killed_command_leaves_no_kernel_and_the_next_makes_no_report_twice",
    ),
    Row(
        "a worker of a cluster has other data",
        "minestats: worker ADDRESS gets nothing to do: the data folder of this worker is not that of the command: table.csv differs",
        "every report, made by the others; without others exit status 1 and nothing is written",
        f"{CLUSTER}::test_a_worker_with_other_data_is_named_and_left_out",
    ),
]


def own_rows() -> list[Row]:
    """What the tests of this folder say in their marks."""
    rows = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            for mark in getattr(node, "decorator_list", []):
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.faults":
                    said = {word.arg: ast.literal_eval(word.value) for word in mark.keywords}
                    place = f"{path.relative_to(TESTS.parent).as_posix()}::{node.name}"
                    rows.append(Row(ast.literal_eval(mark.args[0]), said["seen"], said["kept"], place))
    return rows


def table() -> str:
    """The table in Markdown."""
    lines = ["| fault | what you see | what is kept | shown by |", "|---|---|---|---|"]
    for row in sorted([*own_rows(), *WIDER], key=lambda row: row.name):
        path, _, test = row.test.partition("::")
        cells = [row.name, row.seen, row.kept, f"[{test.replace('_', ' ').removeprefix('test ')}](../{path})"]
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |")
    return "\n".join(lines)


def shows(text: str, said: str) -> bool:
    """Whether a line of a text is what was said; … stands for anything."""
    pattern = ".*?".join(map(re.escape, said.split("…")))
    return any(re.fullmatch(pattern, line) for line in text.splitlines())


def main() -> int:
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    made = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if "--check" in sys.argv[1:]:
        return int(made != page)
    PAGE.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
