"""The test kit of Rollcall's plugins; tests import it as ``rollcall.testing``.

Nothing is imported here: the suite starts a process for each of its runs, and pytest is not for it.
"""
