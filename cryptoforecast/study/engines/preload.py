"""Importing this module makes the parser of the next fit in this process, or in each of its copies.

Making a parser takes as long as a small fit, and what writes curves is imported too, for most fits write them. This
happens at import because the fork server takes names of modules.
"""

import gc

import torch.utils.tensorboard  # noqa: F401

from cryptoforecast.study.fold_fit import make_parser

make_parser()
gc.freeze()  # leave these objects out of the collections of all copies
