"""The kit's version; its first number is the contract's that it tests."""

__version__ = "1.0.0"
