"""Geography as pure functions: no database, no HTTP, no clock, no settings."""
