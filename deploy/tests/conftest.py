"""One running product for all of these suites: each puts back what it breaks.

Imported by a module, the fixture would be that module's own, and so would the product.
"""

from fairground_deploy.testing import product

__all__ = ["product"]
