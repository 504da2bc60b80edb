"""The flow of `suggest` and `predict`: batches of articles, a worker that makes rows of them, and a file of all rows.

::

    articles.jsonl -> batches -> workers, each with its model loaded once -> parts -> the file, in the articles' order

The dataframe (Daft's) has a row for each batch. The same code runs in this process and on a Ray cluster, whose machines
must see the articles and the model under the same names; order and bytes are the same wherever it runs, and whether it
was cut short and resumed or not.
"""

from __future__ import annotations

import heapq
import json
import pickle
import threading
import weakref
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from labeling.articles import Article
from labeling.errors import LabelingError
from labeling.values import canonical_json, digest_of
from labeling.workspace.file_handles import SortedLines
from labeling.workspace.flow.article_batches import ArticleBatch, BatchPlan, read_article_batch
from labeling.workspace.flow.parts import Made, Parts, keep_parts
from labeling.workspace.flow.runner import choose_runner, count_workers, silence_bars
from labeling.workspace.storage import replace_file

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator
    from pathlib import Path

    from daft import Series

    from labeling.workspace.file_handles import RowsFile

Worker: TypeAlias = Callable[[Sequence[Article]], Made]

# Partitions of a worker on Ray, where there are so many batches, and the batches of one where there are more.
_LEAST_PARTITIONS, _MOST_BATCHES = 16, 10
_LAST_BATCH = 60  # seconds that a batch at work may take when nobody waits for it any more


@dataclass(frozen=True)
class WorkOrder:
    """What is to be done with articles.

    ``open`` makes a worker, once for each that there is: there it loads what it needs. It goes to other processes, so
    it must be picklable. ``digest`` stands for all that decides the rows besides the articles.
    """

    digest: str
    open: Callable[[], Worker]


def say_no_progress(_done: int, _total: int) -> None:
    """Without a reader, nothing is said."""


@dataclass(frozen=True)
class FlowPlace:
    """Where the work is done and who is told of it.

    ``ray`` is the address of a cluster, or empty. ``workers`` is how many there are; when 0, one in this process, or
    one for each core of the cluster. ``progress`` is called with how many articles are done, and of how many.
    """

    ray: str = ""
    workers: int = 0
    progress: Callable[[int, int], None] = say_no_progress


def flow_batches(
    plan: BatchPlan, order: WorkOrder, place: FlowPlace, finished: Collection[int] = ()
) -> Iterator[tuple[int, Made]]:
    """What is made of each batch, with the batch's number, as it comes; those that are finished are left out.

    Raises:
        RayUnavailable: The cluster cannot be used.
        LabelingError: Whatever a worker, or its opening, raises of ours.
    """
    open_batches = [number for number in range(len(plan.batches)) if number not in finished]
    if not open_batches:
        return
    choose_runner(place.ray)
    silence_bars()
    done = sum(batch.articles for batch in plan.batches) - sum(plan.batches[number].articles for number in open_batches)
    place.progress(done, plan.articles)
    for row in _frame_batches(plan, order, open_batches, place.workers or count_workers()):
        if row["fault"]:
            raise pickle.loads(row["fault"])  # noqa: S301 - pickled by a worker of ours
        done += plan.batches[row["number"]].articles
        place.progress(done, plan.articles)
        yield row["number"], Made(row["rows"], json.loads(row["tally"]))


def flow_in_order(plan: BatchPlan, order: WorkOrder, place: FlowPlace) -> Iterator[Made]:
    """The same in the order of the articles."""
    waiting, following = list[tuple[int, bytes]](), 0
    for number, made in flow_batches(plan, order, place):
        heapq.heappush(waiting, (number, made.rows))
        while waiting and waiting[0][0] == following:
            yield Made(heapq.heappop(waiting)[1])
            following += 1


def write_flow(
    target: Path, plan: BatchPlan, order: WorkOrder, place: FlowPlace, sorting: RowsFile[Any] | None = None
) -> dict[str, Counter[str]]:
    """Write what is made of all articles, or nothing; return what was counted.

    What is finished is kept beside ``target`` until the whole is: a run that is cut short goes on with it.

    Args:
        target: The file.
        plan: The articles.
        order: What is made of them.
        place: Where.
        sorting: The file whose order the rows take where the articles are not sorted; else they stand as articles do.

    Raises:
        NoRoom: The disk is full, or the folder may not be written: the file is what it was.
        RayUnavailable: The cluster cannot be used.
    """
    with keep_parts(target, digest_of(canonical_json([order.digest, plan.digest]))) as parts:
        for number, made in flow_batches(plan, order, place, parts.finished):
            parts.keep(number, made)
        if sorting and not plan.sorted:
            return _write_sorting(target, parts, len(plan.batches), sorting)
        return _write_as_they_come(target, parts, len(plan.batches))


def _add_tally(whole: dict[str, Counter[str]], tally: dict[str, dict[str, int]]) -> None:
    """Add what was counted of some articles to what was counted before."""
    for name, counts in tally.items():
        whole[name].update(counts)


def _write_as_they_come(target: Path, parts: Parts, count: int) -> dict[str, Counter[str]]:
    whole = defaultdict[str, Counter[str]](Counter)
    with replace_file(target) as temporary, temporary.open("wb") as out:
        for made in map(parts.read, range(count)):
            out.write(made.rows)
            _add_tally(whole, made.tally)
    return whole


def _write_sorting(target: Path, parts: Parts, count: int, sorting: RowsFile[Any]) -> dict[str, Counter[str]]:
    whole, lines = defaultdict[str, Counter[str]](Counter), SortedLines(parts.folder)
    for made in map(parts.read, range(count)):
        for line in made.rows.splitlines():
            lines.add(sorting.place_of_json(json.loads(line)), line)
        _add_tally(whole, made.tally)
    lines.write(target)
    return whole


# Those of this process.
_HERE = weakref.WeakSet["_Workplace"]()


@dataclass(eq=False)
class _Workplace:
    """A worker's side: it opens the worker when the first batch comes, and gives faults of ours as values.

    So they arrive as what they are, from whichever process or machine.
    """

    path: Path
    order: WorkOrder
    worker: Worker | None = None
    # A loaded model is not made for two threads at a time.
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: bool = False

    def __post_init__(self) -> None:
        _HERE.add(self)

    def stop(self) -> None:
        """Let the batch at work be finished, and take no other: Python cannot end while a thread of Daft's is in it."""
        self.stopped = True
        if self.lock.acquire(timeout=_LAST_BATCH):
            self.lock.release()

    def make(self, number: int, batch: ArticleBatch) -> dict[str, Any]:
        try:
            with self.lock:
                if self.stopped:
                    return {"number": number, "rows": b"", "tally": "{}", "fault": b""}
                self.worker = self.worker or self.order.open()
                made = self.worker(read_article_batch(self.path, batch))
        except LabelingError as error:
            return {"number": number, "rows": b"", "tally": "{}", "fault": pickle.dumps(error)}
        return {"number": number, "rows": made.rows, "tally": canonical_json(made.tally_value()), "fault": b""}


def _frame_batches(plan: BatchPlan, order: WorkOrder, numbers: Sequence[int], workers: int) -> Iterator[dict[str, Any]]:
    import daft
    from daft import DataType, col

    kinds = {"number": DataType.int64(), "rows": DataType.binary(), "tally": DataType.string()}
    given = DataType.struct({**kinds, "fault": DataType.binary()})
    path, on_ray = plan.path, daft.get_or_infer_runner_type() == "ray"

    # With a number of workers Daft makes processes of them; without, its threads share one.
    @daft.cls(max_concurrency=workers if workers > 1 or on_ray else None)
    class Workers:
        def __init__(self) -> None:
            self.place = _Workplace(path, order)

        @daft.method.batch(return_dtype=given, batch_size=1)
        def make(self, *columns: Series) -> list[dict[str, Any]]:
            rows = zip(*(column.to_pylist() for column in columns), strict=True)
            return [self.place.make(number, ArticleBatch(*batch)) for number, *batch in rows]

    fields = ("start", "size", "articles", "digest")
    columns = {name: [getattr(plan.batches[number], name) for number in numbers] for name in fields}
    frame = daft.from_pydict({"number": [*numbers], **columns})
    if on_ray:
        # Ray hands out partitions: enough of them that all workers end at about the same time.
        frame = frame.into_partitions(
            min(len(numbers), max(_LEAST_PARTITIONS * workers, len(numbers) // _MOST_BATCHES))
        )
    working: Any = Workers()  # daft lets methods that are written for values take columns
    made = frame.select(working.make(*map(col, ("number", *fields))).alias("made")).select(col("made").unnest())
    with closing(cast("Generator[dict[str, Any]]", made.iter_rows(results_buffer_size=2 * workers))) as rows:
        try:
            yield from rows
        finally:
            for place in _HERE:
                place.stop()
