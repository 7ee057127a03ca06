"""The built-in rules: one rule a file, named as the rule."""
