"""Where dataframe work is done: in this process, or on a Ray cluster."""

from __future__ import annotations

import os
import socket

from labeling.errors import RayUnavailable

_MERGED = 100_000_000  # bytes that travel between machines of a Ray cluster as one
_RAY_SECONDS = 10  # seconds in which a cluster must answer


def refuse_telemetry() -> None:
    """Ask Daft and Ray not to report to their makers over the network, unless the user has set what they read.

    They take that from the environment alone, Daft both when it is imported and when it first works, so that the
    variables have to stay. With that of `silence_bars` they are the only ones that the library sets in the process of
    whoever calls it.
    """
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


def silence_bars() -> None:
    """Ask Daft not to show bars of its own, unless the user has set what it reads: a verb shows one."""
    os.environ.setdefault("DAFT_PROGRESS_BAR", "0")


def choose_runner(ray: str) -> None:
    """Choose where the work of this process is done: here, or on the Ray cluster at ``ray``; "local" starts one here.

    Raises:
        RayUnavailable: Ray is not installed, does not answer, or another choice was made in this process before.
    """
    refuse_telemetry()
    if not ray:
        return
    try:
        _connect_to_ray(ray)
    except ImportError:
        raise RayUnavailable("Ray is not installed", todo="install labeling[ray]", where=ray) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise RayUnavailable(
            f"the Ray cluster at {ray!r} cannot be used: {error}",
            todo="mend `ray` under [passages] in the project file, or leave it empty to work on this machine",
            where=ray,
        ) from error


def count_workers() -> int:
    """How many workers can do work of one thread at once: one in this process, one for each core of a Ray cluster."""
    from daft import get_or_infer_runner_type

    if get_or_infer_runner_type() != "ray":
        return 1
    import ray

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 1)))


def _connect_to_ray(address: str) -> None:
    import daft
    import ray

    if address not in {"local", "auto"}:
        # Ray itself asks a dead address for six minutes, and then ends the process.
        host, _, port = address.removeprefix("ray://").rpartition(":")
        socket.create_connection((host, int(port)), timeout=_RAY_SECONDS).close()
    ray.init(address=address, ignore_reinit_error=True, log_to_driver=False, include_dashboard=False)
    daft.set_runner_ray(noop_if_initialized=True)
    # Otherwise each batch is an object of its own for every part that it is sent to, and Ray spends its time on them.
    daft.set_execution_config(shuffle_algorithm="pre_shuffle_merge", pre_shuffle_merge_threshold=_MERGED)
