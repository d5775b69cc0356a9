"""The command line by subject: one small file for each group of commands."""
