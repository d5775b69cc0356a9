"""What a station is, who may change it, and all SQL."""
