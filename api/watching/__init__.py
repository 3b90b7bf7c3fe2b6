"""Watching cameras: a worker that leases cameras, looks through them, and records what they say."""
