"""What every Fairground service shares. Imports no service."""
