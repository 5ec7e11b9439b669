"""The book in docs/: its reference pages, its checks, and the commands that it shows."""
