"""Roulette, dice and lottery: plays, fairness, rewards."""
