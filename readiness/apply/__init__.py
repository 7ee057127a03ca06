"""Carries out a plan: archive, prove, remove, and give back byte for byte."""
