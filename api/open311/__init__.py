"""The Open311 GeoReport v2 server: citizens' apps and other systems report here."""
