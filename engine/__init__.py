"""Decisions only: plain values in, plain values out; no HTTP, SQL, queue or clock."""
