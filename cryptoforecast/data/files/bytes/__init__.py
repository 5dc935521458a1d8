"""A file as the bytes of one text in UTF-8, whatever it is packed with and written in."""
