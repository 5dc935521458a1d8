"""Options and YAML to model, data and trainer."""
