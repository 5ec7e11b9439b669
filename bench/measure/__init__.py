"""Runs programs side by side, measures what they use of the machine, and shows the numbers that come of it."""
