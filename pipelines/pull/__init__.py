"""Pulling: what a system hands out comes as ordinary files into the folder of its source, before they are read."""
