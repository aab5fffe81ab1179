"""The `fairground` command: local runner, migrations, topology, demo."""
