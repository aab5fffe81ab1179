"""Login, refresh, logout: what stands between a password and an access token."""
