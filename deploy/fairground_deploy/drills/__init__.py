"""Drills of the runbook, against parts of their own that are thrown away.

Each module is one: it makes a trouble, shows what is seen of it, does the steps of its section, and checks the end.
"""
