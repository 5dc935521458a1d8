"""What tools read beside the code: the citation, the hooks of pre-commit, the version."""

import subprocess
from typing import Any

import pytest
import yaml

import cryptoforecast
from tests.pages import ROOT

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
HOOKS: list[dict[str, Any]] = [
    hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in repository["hooks"]
]


def test_the_citation_has_what_its_schema_requires_and_names_this_version() -> None:
    assert CITATION.keys() >= {"cff-version", "message", "title", "authors"}
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["version"] == cryptoforecast.__version__
    assert CITATION["license"] == "MIT"
    assert all("name" in author or "family-names" in author for author in CITATION["authors"])


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_calls_the_command_that_every_change_must_pass(hook: dict[str, Any]) -> None:
    subprocess.run(["sh", "-n", "-c", hook["entry"]], check=True)
    command = hook["entry"].split('" ', 1)[1].rstrip("'")
    assert f'"$python" {command}\n' in (ROOT / ".ci" / "run").read_text()
    assert (hook["language"], hook["pass_filenames"]) == ("system", False)


def test_the_changelog_knows_the_version() -> None:
    assert f"## {cryptoforecast.__version__}" in (ROOT / "CHANGELOG.md").read_text()
