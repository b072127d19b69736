"""The producers of the workspace's tests, for the views of labels."""

from tests.producers.conftest import make_workspace, workspace
from tests.trace.shops.conftest import browse, market

__all__ = ["browse", "make_workspace", "market", "workspace"]
