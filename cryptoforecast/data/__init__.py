"""From a close series to windows."""
