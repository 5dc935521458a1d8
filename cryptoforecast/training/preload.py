"""Importing this module imports all that training needs, a second and a half faster than without it.

The garbage collector is off meanwhile: it would look again and again through the hundreds of thousands of objects that
torch and Lightning create, none of which is ever garbage. Afterwards it is on if it was on before. This happens at
import because the fork server of a backtest takes names of modules to import.
"""

import gc
import importlib

was_collecting = gc.isenabled()
gc.disable()
try:
    importlib.import_module("cryptoforecast.training.fit")
    gc.freeze()  # leave these objects out of later collections too
finally:
    if was_collecting:
        gc.enable()
