"""A slow, obvious reconciliation in plain Python, written from the contract: what the engine is held against."""
