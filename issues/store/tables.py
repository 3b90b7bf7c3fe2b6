"""Every module that defines tables, imported once, so that the metadata is whole."""

from issues.store.schema import Base

__all__ = ["Base"]
