"""Guards for what people forget: layers, audiences, the `trace` trap, words that must not be in the tree."""

import importlib.util
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from flask import Flask

from trace.core.http import Audience, audience_of

ROOT = Path(__file__).parent.parent
PACKAGES = ("trace", "producers", "labels")
# In no layer on purpose: the lazy way in, and the catalogue of mapped classes that migrations load.
OUTSIDE_LAYERS = {"trace", "producers", "labels", "trace.models"}


def _layers() -> set[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    return {name.strip() for line in contract["layers"] for name in re.split(r"[|:]", line)}


def _modules() -> list[str]:
    found = []
    for package in PACKAGES:
        found.append(package)
        found += [m.name for m in pkgutil.walk_packages([str(ROOT / package)], f"{package}.")]
    return found


def test_every_module_stands_in_a_layer() -> None:
    layers = _layers()
    homeless = [
        name
        for name in _modules()
        if name not in OUTSIDE_LAYERS
        and not any(name == layer or name.startswith(f"{layer}.") for layer in layers)
    ]
    assert homeless == []


def test_every_layer_is_there() -> None:
    modules = set(_modules())
    assert sorted(layer for layer in _layers() if layer not in modules) == []


def test_our_trace_hides_the_one_of_the_standard_library() -> None:
    """An installed package of this name would lose to the standard library: run from the root, never install."""
    spec = importlib.util.find_spec("trace")
    assert spec is not None
    assert spec.origin == str(ROOT / "trace" / "__init__.py")
    installed = subprocess.run(
        [sys.executable, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, cwd="/"
    ).stdout
    assert "trace==" not in installed.splitlines()


def test_nobody_imports_the_bare_name() -> None:
    """``import trace`` works from the root and breaks from anywhere else; ``from trace.x import y`` says what it needs."""
    bare = re.compile(r"^\s*import trace(\s|$|,)", re.MULTILINE)
    offenders = [
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if ".venv" not in path.parts
        and ".cache" not in path.parts
        and bare.search(path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


def test_every_tests_folder_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert sorted(str(folder) for folder in folders if not (folder / "__init__.py").exists()) == []


def test_every_route_declares_its_audience(app: Flask) -> None:
    undeclared = [
        rule.endpoint for rule in app.url_map.iter_rules() if audience_of(app, rule.endpoint) is None
    ]
    assert undeclared == []


@pytest.mark.parametrize("prefix", ["/producer", "/goods", "/authority", "/labels"])
def test_no_workspace_route_is_public(app: Flask, prefix: str) -> None:
    public = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(prefix) and audience_of(app, rule.endpoint) is Audience.PUBLIC
    ]
    assert public == []


def test_a_route_without_an_audience_stops_the_start(app: Flask) -> None:
    from trace.core.http import check_audiences

    stranger = Flask("stranger")
    stranger.add_url_rule("/open", "open_door", lambda: "")
    with pytest.raises(RuntimeError, match="open_door"):
        check_audiences(stranger)


def test_the_tree_names_no_registry_host() -> None:
    """Lock files carry hashes, not download addresses: any mirror serves the same files."""
    hosts = ("py" + "pi.org", "python" + "hosted", "npm" + "js.", "js" + "delivr", "un" + "pkg.")
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT
    ).stdout.split("\0")
    offenders = []
    for name in filter(None, tracked):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if any(host.encode() in content for host in hosts):
            offenders.append(name)
    assert offenders == []


def test_nothing_listens_or_answers_before_the_schema_is_known(app: Flask) -> None:
    assert app.config["REVISION"] == max(p.stem for p in (ROOT / "migrations" / "versions").glob("0*.py"))
