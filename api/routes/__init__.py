"""The HTTP routes under /api/v1: one module a noun."""

API = "/api/v1"
