"""Price files as vendors write them."""
