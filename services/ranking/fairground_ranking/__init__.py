"""The daily ranking: operators publish a snapshot, players read it."""
