"""The connection to a Ray cluster, and what its nodes must have in common."""

import logging
import socket
from pathlib import Path
from typing import Any

from cryptoforecast.errors import UserError
from cryptoforecast.study.engines.versions import difference, make_reader, versions
from cryptoforecast.training.settings.yaml_texts import load_yaml

PATIENCE = 5.0  # seconds to wait for an answer
# What is not sent of the working folder: results, environments, and price files, since the closes are sent.
EXCLUDED = ["runs/", "lightning_logs/", ".*/", "venv/", "__pycache__/", "*.csv", "*.parquet", "*.gz", "*.zip"]


def connect(address: str) -> Any:
    """Ray, connected to a cluster, which is sent the code of the working folder.

    Raises:
        UserError: if Ray is not installed, or the cluster cannot be reached or takes no such code.
    """
    try:
        import ray
    except ImportError:
        raise UserError('--engine ray takes Ray: pip install "cryptoforecast[ray]".') from None
    if ray.is_initialized():
        raise UserError("this process is connected to a Ray cluster already; call ray.shutdown() before a study.")
    require_listener(address)
    environment = {"working_dir": ".", "excludes": EXCLUDED}
    try:
        ray.init(address, runtime_env=environment, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as problem:
        raise UserError(f"the Ray cluster at {address} cannot be used: {in_words(problem)}") from None
    return ray


def require_listener(address: str) -> None:
    """See that something listens at the address of a cluster; Ray would try for ten minutes.

    Args:
        address: ``HOST:PORT``, or what Ray finds by itself: ``auto`` or ``local``.

    Raises:
        UserError: if nothing does.

    >>> require_listener("localhost")
    Traceback (most recent call last):
    cryptoforecast.errors.UserError: --address is localhost; it is HOST:PORT, or auto on a machine of the cluster.
    """
    if address in ("auto", "local"):
        return
    host, _, port = address.rpartition("//")[2].rpartition(":")
    if not host or not port.isdigit():
        raise UserError(f"--address is {address}; it is HOST:PORT, or auto on a machine of the cluster.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()
    except (OSError, OverflowError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise UserError(f"no Ray cluster can be reached at {address} ({why}); set another --address.") from None


def named_checkpoints(settings: str) -> list[Path]:
    """The checkpoints in the working folder that some settings name; Ray copies none in a folder of results.

    Args:
        settings: of a fit, in YAML.
    """
    return [path for path in map(Path, _texts(load_yaml(settings))) if path.is_file() and not path.is_absolute()]


def _texts(value: Any) -> set[str]:
    """The texts in plain values that end as checkpoints do."""
    if isinstance(value, dict | list):
        return {text for member in (value.values() if isinstance(value, dict) else value) for text in _texts(member)}
    return {value} if isinstance(value, str) and value.endswith(".ckpt") else set()


def require_same_versions(ray: Any) -> None:
    """See that all nodes have the versions of this machine.

    Raises:
        UserError: naming a node and the versions that it has.
    """
    read = ray.remote(make_reader())
    nodes = {node["NodeID"]: node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
    asked = {
        name: read.options(num_cpus=0, max_retries=0, scheduling_strategy=on_node(ray, name)).remote() for name in nodes
    }
    for name, found in asked.items():
        try:
            problem = difference(versions(), ray.get(found), f"the node {nodes[name]}")
        except ray.exceptions.RuntimeEnvSetupError as failed:
            problem = f"the node {nodes[name]} cannot set up the code of the working folder: {in_words(failed)}"
        except ray.exceptions.RayError:  # the node has died since
            continue
        if problem:
            raise UserError(problem)


def in_words(problem: BaseException) -> str:
    """An error of Ray in one sentence: that of what has caused it, or the first line of its own."""
    cause = getattr(problem, "cause", None) or problem
    lines = " ".join(str(cause).split("\n\n")[0].split())
    return lines if lines.endswith(".") else f"{lines or type(cause).__name__}."


def on_node(ray: Any, node: str | None = None) -> Any:
    """The strategy that puts a task on a node; by default on that of this process."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(node or ray.get_runtime_context().get_node_id(), soft=False)
