"""``python -m fairground_deploy``: the same as `fairground`."""

from fairground_deploy.cli import main

main()
