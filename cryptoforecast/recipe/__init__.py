"""An object as the class path and the arguments that make it again: written, read and checked."""
