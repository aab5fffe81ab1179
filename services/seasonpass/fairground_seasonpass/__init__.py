"""Stamps, XP, levels and their rewards."""
