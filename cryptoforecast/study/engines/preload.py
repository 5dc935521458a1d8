"""Importing this module prepares the next fit in this process, or in each of its copies.

Reading signatures and sources of Lightning's and torch's classes takes as long as a small fit, and what was read is
kept; the parser of the next fit is made too, and what writes curves, checkpoints and rows is imported, which torch and
pandas do at the first of them. This happens at import because the fork server takes names of modules.
"""

import gc
import io

import pandas as pd
import torch
import torch.utils.tensorboard

from cryptoforecast.study.command import BacktestCommandLine
from cryptoforecast.study.fold_fit import make_parser
from cryptoforecast.training.console import quiet_console
from cryptoforecast.training.lightning.tested_sources import changed_owner
from cryptoforecast.training.run_record import package_versions
from cryptoforecast.training.settings.command_line import make

# Nothing is loaded or seeded; a GPU that this process had looked at could not be used by its copies.
USUAL_FIT = [
    "fit",
    "--model=LSTM",
    "--data.source=[{class_path: CsvSource, init_args: {path: closes.csv}}, SimulatedSource]",
    "--trainer.accelerator=cpu",
    "--seed_everything=false",
]

quiet_console()
make(USUAL_FIT, BacktestCommandLine)
changed_owner()
package_versions()
torch.save({}, io.BytesIO())  # the first of each imports what it takes
pd.DataFrame().to_csv()
make_parser()
gc.freeze()  # leave these objects out of the collections of all copies
