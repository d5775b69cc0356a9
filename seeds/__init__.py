"""Data in: one small file per source; demo data from a fixed random seed."""
