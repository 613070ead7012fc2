"""The built-in behaviours, each a plugin loaded by the same path as a partner's."""
