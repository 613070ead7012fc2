"""What the application asks of a plugin and of its answers; the test kit asks the very same.

Not part of the promise that `rollcall.__all__` is: it may change with every version.
"""
