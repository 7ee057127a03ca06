"""What `readiness init` writes into a repository, decided from what the repository shows. Pure."""
