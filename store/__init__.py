"""SQL and nothing else: tables, migrations, leases, sealing, and one file of queries a subject."""

from store.migration import migrate

__all__ = ["migrate"]
