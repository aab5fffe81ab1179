"""Proves a play's receipt: offline, with the standard library only, and without a line of the product's code."""

from fairground_verify.verdict import Verdict, verify

__all__ = ["Verdict", "verify"]
