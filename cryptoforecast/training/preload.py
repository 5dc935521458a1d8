"""Importing this imports all that training takes, a second and a half faster than it would import itself.

Python's collector would look through the hundreds of thousands of objects of torch and Lightning again and again while
they are being made. None of them is ever garbage.
"""

import gc
import importlib

gc.disable()
importlib.import_module("cryptoforecast.training.fit")
gc.freeze()  # nor need it look at them ever after
gc.enable()
