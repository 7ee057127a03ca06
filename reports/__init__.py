"""The built-in report formats: one format a file; each renders a `Report`, purely."""
