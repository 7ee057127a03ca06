"""What we offer to CI systems: files to copy by hand, two of which `readiness init` writes."""
