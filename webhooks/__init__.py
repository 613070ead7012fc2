"""The platforms' door: verify, store, ring, answer; what a delivery means is decided elsewhere."""
