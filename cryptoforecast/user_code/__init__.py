"""The user's own code: which files it is in, what they read, and whose code an exception comes from."""
