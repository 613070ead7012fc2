"""Measurements behind `./run bench`, one subject a file; see README.md."""
