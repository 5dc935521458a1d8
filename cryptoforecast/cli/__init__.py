"""One module for each verb: it parses its options, calls the verb's function and prints the result."""
