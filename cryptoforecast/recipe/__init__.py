"""Recipes: objects as a class path and arguments, which can be saved as JSON or YAML and made again."""
