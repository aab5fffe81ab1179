"""``python -m bench.growth``: whether plays slow down as tables grow. Two products side by side, one of them filled."""
