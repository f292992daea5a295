"""Invented companies with planted faults: books, real-looking files and three nights. No real taxpayer is in it."""
