"""The producers of the workspace's tests, for the views of labels."""

from tests.producers.conftest import make_workspace, workspace

__all__ = ["make_workspace", "workspace"]
