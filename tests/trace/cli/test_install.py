"""The installation as a bare Python runs it. Nothing is downloaded here; `make` itself shows that it works."""

import subprocess
import sys

import pytest

from trace.cli import install


def test_it_runs_with_the_standard_library_alone() -> None:
    # -I and -S: no packages, no paths of this environment.
    asked = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        "import runpy, sys; runpy.run_path(sys.argv[1])",
        install.__file__,
    ]
    subprocess.run(asked, check=True, cwd="/")


def test_the_settings_of_pip_become_those_of_uv() -> None:
    settings = install.uv_settings(
        {
            "index-url": "https://packages.example/simple",
            "extra-index-url": "file:///opt/a file:///opt/b",
            "find-links": "/opt/wheels /opt/more",
            "cert": "/etc/ca.pem",
        }
    )
    assert settings["UV_DEFAULT_INDEX"] == "https://packages.example/simple"
    assert settings["UV_INDEX"] == "file:///opt/a file:///opt/b"
    assert settings["UV_FIND_LINKS"] == "/opt/wheels,/opt/more"
    assert settings["SSL_CERT_FILE"] == "/etc/ca.pem"


def test_without_settings_uv_uses_its_own_defaults() -> None:
    assert "UV_DEFAULT_INDEX" not in install.uv_settings({})
    assert install.uv_settings({})["UV_PYTHON_DOWNLOADS"] == "never"


@pytest.mark.parametrize("sign", install.DISK_FAULTS)
def test_a_disk_that_takes_nothing_is_said_so(sign: str) -> None:
    assert sign.lower() in install.explain(f"OSError: {sign}", "something else")


def test_what_depends_on_other_lock_files_has_another_digest() -> None:
    assert install.digest("run") != install.digest("dev")
