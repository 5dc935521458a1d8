"""The first page of help for each verb that trains or forecasts: its options, and what they mean."""

from typing import NamedTuple

WIDTH = 26  # columns of an option before what it means


class Option(NamedTuple):
    """An option as a page of help shows it: its name, the kind of value it takes, and what it means.

    ``default`` is the value that it has if nobody sets it; None where the meaning says so itself.
    """

    name: str
    value: str
    meaning: str
    default: object = None

    def __str__(self) -> str:
        default = "" if self.default is None else f" ({self.default})"
        name = f"--{self.name} {self.value}".rstrip() if self.name else ""
        return f"  {name:<{WIDTH}} {self.meaning}{default}"


class Page(NamedTuple):
    """A page of help: what the verb does, and its options by the title that they stand under."""

    description: str
    options: dict[str, list[Option]]
    required: str = "[--config FILE]"


SOURCE = [
    Option("data.source", "CLASS", "CsvSource, YahooSource, CcxtSource, your own ..."),
    Option("data.source.path", "FILE", "of a CsvSource; all: --data.source.help CsvSource"),
]
LENGTHS = [
    Option("data.context_length", "N", "bars that the model sees", 60),
    Option("data.horizon", "N", "closes that it forecasts", 1),
]
COLUMNS = Option("data.columns", "LIST", "such as '[Close, Volume]'")
BORDERS = [
    Option("data.val_from", "X", "where validation begins: share, count, date", 0.8),
    Option("data.test_from", "X", "where the test begins, likewise", 0.9),
]
MODEL = [
    Option("model", "CLASS", "LSTM, GRU, RandomWalk, or your own: my_model.Net"),
    Option("model.hidden_size", "N", "an option of the model; all: --model.help LSTM"),
    Option("model.optimizer.lr", "X", "of the optimizer, which is Adam by default"),
]
MAX_EPOCHS = Option("trainer.max_epochs", "N", "at most; EarlyStopping may end it before", 50)
ACCELERATOR = Option("trainer.accelerator", "NAME", "cpu, gpu or auto", "auto")
CALLBACKS = Option("trainer.callbacks+", "CLASS", "one more, such as LearningRateMonitor")
SEED = Option("seed_everything", "N", "seed of all that is random; by default a new one")
PRINT_CONFIG = Option("print_config", "", "print all settings as YAML, and do nothing else")
CHECKPOINT = Option("ckpt_path", "RUN", "a run folder such as runs/NAME/version_0")
OTHER_CLOSES = [*SOURCE, Option("data.end", "DATE", "the last bar to use; --data.start the first")]
JUDGING = [
    Option("judge.adaptive", "true", "judge the quantiles once more, adapted to drift"),
    Option("judge.adaptive_step", "STEP", "how fast their levels follow; by default 0.005"),
    Option("judge.metrics+", "NAME", "a metric of your own: my_metrics.hits"),
    Option("judge.baselines+", "CLASS", "a baseline of your own: my_models.Momentum"),
]
CLASSES = [
    Option("import", "MODULE", "import a module first, with the model's class"),
    Option("rename", "old.Net=new.Net", "take a checkpoint of a class that was renamed"),
]
OF_A_CHECKPOINT = {"the model": [CHECKPOINT, *CLASSES], "other closes than those of the fit": OTHER_CLOSES}

PAGES = {
    "fit": Page(
        "Train a model, and judge its best epoch on the validation targets.",
        {
            "what to forecast": [*SOURCE, *LENGTHS, COLUMNS, *BORDERS],
            "the model": MODEL,
            "training": [
                MAX_EPOCHS,
                ACCELERATOR,
                CALLBACKS,
                SEED,
                Option("ckpt_path", "RUN", "go on with a run; last is the newest"),
            ],
            "output": [Option("name", "NAME", "of the folder in runs; by default CONFIG-MODEL"), PRINT_CONFIG],
        },
    ),
    "backtest": Page(
        "Fit and judge anew on each of several test parts, one after the other in time.",
        {
            "walking forward": [
                Option("folds", "N", "test parts, from data.test_from on"),
                Option("seeds", "N", "fits of each part, from seed_everything on", 1),
                Option("workers", "N", "fits at a time, each with one thread", 1),
                Option("tune", "FILE", "search in each fold: --trials N; see tune --help"),
                Option("engine", "ray", "on a cluster: --address, --num_cpus, --num_gpus"),
                Option("window", "KIND", "expanding, or rolling: of fixed length", "expanding"),
            ],
            "what to forecast, and the model (as for fit)": [SOURCE[0], *LENGTHS[1:], *BORDERS, *MODEL[:1]],
            "judging and output": [
                Option("ensemble", "true", "judge the mean of the seeds too, or false"),
                *JUDGING,
                Option("output_dir", "FOLDER", "by default runs/NAME/backtest"),
                Option("parquet", "", "write forecasts.parquet too"),
            ],
        },
        "--folds N [--config FILE]",
    ),
    "study": Page(
        "Backtest many variants on the same targets, and compare them all on one page.",
        {
            "the variants, in the configuration": [
                Option("config", "FILE", "variants: [LSTM, {name: wide, model.dropout: 0.2}]"),
                Option("", "", "and, or instead, grid: {model.dropout: [0.1, 0.2]}"),
            ],
            "walking forward": [
                Option("folds", "N", "test parts; by default folds: of the configuration"),
                Option("seeds", "N", "fits of each part; by default seeds: there, or 1"),
                Option("workers", "N", "fits at a time, each with one thread", 1),
                Option("engine", "ray", "on a cluster: --address, --num_cpus, --num_gpus"),
                Option("window", "KIND", "expanding, or rolling: of fixed length", "expanding"),
            ],
            "for all variants (as for fit)": [*SOURCE, *LENGTHS[1:], *BORDERS, MAX_EPOCHS],
            "judging and output": [
                Option("by", "MEASURE", "what ranks: rmse, crps or qlike", "rmse"),
                *JUDGING[2:],
                Option("output_dir", "FOLDER", "by default runs/CONFIG/study"),
            ],
        },
        "--config FILE",
    ),
    "tune": Page(
        "Search for options by the validation targets, and test the best trial once.",
        {
            "the search": [
                Option("search", "FILE", "model.hidden_size: {low: 8, high: 128, log: true}"),
                Option("", "", "model.head: {choices: [Point, StudentT]}"),
                Option("trials", "N", "how many; more than before go on with a search"),
                Option("sampler", "NAME", "tpe, random or gp", "tpe"),
                Option("pruner", "NAME", "median or halving end hopeless trials", "none"),
                Option("objective", "CURVE", "by default val/skill, or val/density_skill"),
                Option("workers", "N", "fits at a time, each with one thread", 1),
                Option("engine", "ray", "on a cluster: --address, --num_cpus, --num_gpus"),
            ],
            "for all trials (as for fit)": [*SOURCE, *LENGTHS, *BORDERS, *MODEL[:1], MAX_EPOCHS, SEED],
            "output": [Option("output_dir", "FOLDER", "by default runs/NAME/tune")],
        },
        "--search FILE --trials N",
    ),
    "audit": Page(
        "Look for look-ahead: build all twice, with garbage for the future, and compare.",
        {
            "what to audit (as for fit)": [*SOURCE, *LENGTHS, *BORDERS, *MODEL],
            "training": [
                Option("steps", "N", "optimizer steps before weights are compared", 20),
                SEED,
                Option("ckpt_path", "RUN", "start from its weights; by default from new ones"),
            ],
        },
    ),
    "check": Page(
        "Examine a model on made-up closes: a line for each thing that it must hold.",
        {
            "the model": MODEL[1:],
            "what it sees in most lines": [
                Option("data.context_length", "N", "bars that the model sees; by default 24"),
                Option("data.horizon", "N", "closes that it forecasts", 1),
                Option("data.columns", "LIST", "such as '[Close, High, Low]'"),
            ],
            "what is tried": [Option("quick", "true", "leave out long training, compiling and exporting")],
        },
        "CLASS",
    ),
    "test": Page(
        "Judge a checkpoint on the test targets, beside the random walk.",
        {
            **OF_A_CHECKPOINT,
            "judging": JUDGING,
            "running": [ACCELERATOR],
            "output": [Option("output_dir", "FOLDER", "by default the checkpoint's run folder")],
        },
        "--ckpt_path RUN",
    ),
    "predict": Page(
        "Forecast the closes after the last bar that is over, as CSV.",
        {
            **OF_A_CHECKPOINT,
            "running": [ACCELERATOR],
            "output": [
                Option("output", "FILE", "a CSV file; by default they are printed"),
                Option("plot", "FILE.png", "draw them after the last closes; also .svg, .pdf"),
            ],
        },
        "--ckpt_path RUN",
    ),
}
PAGES["register"] = Page(
    "Register forecasts of bars that do not exist yet, in a chain of hashes.",
    {
        **OF_A_CHECKPOINT,
        "the register": [
            Option("steps", "N", "closes ahead, at most the model's horizon", 1),
            Option("register", "FILE", "by default register.jsonl"),
            Option("register_as", "NAME", "of the model; by default its class and hash"),
        ],
    },
    "--ckpt_path RUN",
)
PAGES["settle"] = Page(
    "Score the registered forecasts that have come true since, and name bad lines.",
    {
        "the closes": [CHECKPOINT, *OTHER_CLOSES],
        "the register": [
            Option("register", "FILE", "by default register.jsonl"),
            Option("head", "HASH", "published before: was any line changed since?"),
        ],
    },
)
PAGES["export"] = Page(
    "Write a checkpoint as a file that forecasts without this package, with a card.",
    {
        "the model": [CHECKPOINT, *CLASSES],
        "output": [Option("output", "FILE.pt2", "for torch.export.load; or FILE.onnx")],
    },
    "--ckpt_path RUN --output FILE",
)
PAGES["validate"] = PAGES["test"]._replace(description="Judge a checkpoint on the validation targets.")
