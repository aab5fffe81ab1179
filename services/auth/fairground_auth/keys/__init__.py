"""Signing keys: kept encrypted, handed out as a JWK set, rotated without a false 401."""
