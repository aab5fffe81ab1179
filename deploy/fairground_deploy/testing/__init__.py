"""The whole product for tests: deployed and seeded, on free ports, and what its players do and find.

from fairground_deploy.testing import deployment  # noqa: F401 - in a conftest.py
"""

from fairground_deploy.testing.deployment import Deployment, Stack, choose_stack
from fairground_deploy.testing.fixtures import deployment, product
from fairground_deploy.testing.processes import running_product

__all__ = ["Deployment", "Stack", "choose_stack", "deployment", "product", "running_product"]
