"""The connection to a Ray cluster, and what its nodes must have in common."""

import logging
from typing import Any

from cryptoforecast.errors import UserError
from cryptoforecast.study.engines.versions import difference, make_reader, versions

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
        raise UserError("the engine ray takes Ray, which is not installed: pip install ray.") from None
    if ray.is_initialized():
        raise UserError("this process is connected to a Ray cluster already; call ray.shutdown() before a study.")
    environment = {"working_dir": ".", "excludes": EXCLUDED}
    try:
        ray.init(address, runtime_env=environment, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as problem:
        raise UserError(f"the Ray cluster at {address} cannot be used: {in_words(problem)}") from None
    return ray


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
