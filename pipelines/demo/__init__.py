"""Invented companies with planted faults: books, real-looking files and three nights. Nothing here is a real taxpayer's."""
