"""Guides whose examples are run: every ```console block of every page, in order, against the running product.

A page is a script. `$ ` begins a command, what follows is its answer; `…` in an answer stands for what was left out.
What a reader need not see, such as signing in or waiting for an event, stands in a comment:

    <!-- run
    P="authorization: Bearer $(player mina)"
    -->

A command with `…` in it is shown and not run: a comment before it does what it stands for. `<!-- varies: reward -->`
names members whose values chance decides, up to the next such line; ids, moments, tokens and hashes are known by their
form (`answers.py`).

`make docs` runs every page on a product of its own and writes the answers that are out of date; a test fails for them.
"""

from fairground_deploy.guides.page import Page, guides
from fairground_deploy.guides.recorder import recorded
from fairground_deploy.guides.terminal import Terminal

__all__ = ["Page", "Terminal", "guides", "recorded"]
