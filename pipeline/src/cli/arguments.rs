//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::night::Flags;

/// From a shop's raw transactions to offers a CRM can import, every night.
///
/// Exit codes: 0 done, or nothing to do; 1 the data broke a contract or an audit; 2 the command or the
/// project file is wrong; 3 the disk or the engine failed; 4 a mistake of ours; 75 another run holds the
/// lock; 99 nothing to do, with --skip-code.
#[derive(Debug, Parser)]
#[command(name = "idip", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Invocation {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) global: Global,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Global {
    /// Project file.
    #[arg(long, global = true, default_value = "idip.yaml", value_name = "FILE")]
    pub(super) project: PathBuf,
    /// Folder of the published nights, over the project file's.
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) store: Option<PathBuf>,
    /// Logical date, as 2026-03-31; the last day with a sale when absent.
    #[arg(long, global = true, value_name = "DATE")]
    pub(super) date: Option<String>,
    /// Threads; all processors when absent.
    #[arg(long, global = true, value_name = "N")]
    pub(super) threads: Option<usize>,
    /// Memory of the engine before it spills to disk, as 512MB.
    #[arg(long, global = true, value_name = "SIZE")]
    pub(super) memory: Option<String>,
    /// Seed, over the project file's.
    #[arg(long, global = true, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Form of the result on stdout.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub(super) output: Output,
    /// Form of the log on stderr.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub(super) log_format: Output,
    /// Says more on stderr.
    #[arg(long, short, global = true)]
    pub(super) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    Text,
    Json,
}

#[derive(Debug, Clone, Args)]
pub(super) struct RunFlags {
    /// Puts the night in place of one published for the same date from other inputs.
    #[arg(long)]
    pub(super) replace: bool,
    /// Tells what would be done, and does nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Exits with 99 instead of 0 when there is nothing to do.
    #[arg(long)]
    pub(super) skip_code: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Runs the night, or a part of it.
    Run {
        /// Stages or a step: `identify`, `identify+` (and what follows), `+differentiate.segments` (and
        /// what it needs).
        #[arg(long, value_name = "STAGES")]
        select: Option<String>,
        #[command(flatten)]
        flags: RunFlags,
    },
    /// Who is who: one stage, on the tables of the date.
    Identify(RunFlags),
    /// Worth and need: one stage, on the tables of the date.
    Differentiate(RunFlags),
    /// Whom to contact, when and where: one stage, on the tables of the date.
    Interact(RunFlags),
    /// Which offer, within budget: one stage, on the tables of the date.
    Personalize(RunFlags),
    /// What it earned: one stage, on the tables of the date.
    Measure(RunFlags),
    /// Runs again after a failure, from the step that failed.
    Retry(RunFlags),
    /// Runs the nights of a range of dates that are not published yet.
    Backfill {
        /// First date.
        #[arg(long)]
        from: String,
        /// Last date.
        #[arg(long)]
        to: String,
        #[command(flatten)]
        flags: RunFlags,
    },
    /// Checks the project file, feeds, predicates and contracts; runs nothing.
    Check {
        /// Prints the JSON Schema of the project file instead, for editors.
        #[arg(long)]
        schema: bool,
    },
    /// Tells what would run, and what would be taken over.
    Plan {
        /// Stages, as for `run`.
        #[arg(long, value_name = "STAGES")]
        select: Option<String>,
    },
    /// Erases people: from every published night, and from every feed from now on.
    Forget {
        /// CSV file with a header: `customer_id` or `party_ref` or both; at will `source` and `reason`.
        #[arg(long, value_name = "FILE")]
        ids: PathBuf,
        /// Tells what would go, and does nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Looks into what is published.
    Show {
        #[command(subcommand)]
        what: Show,
    },
    /// Lists the published tables, or prints the path of one.
    Tables {
        /// Prints the Parquet path of this table.
        #[arg(long, value_name = "TABLE")]
        path: Option<String>,
    },
    /// Writes CRM files from what is published.
    Export {
        /// Name of an export of the project file.
        #[arg(long)]
        target: String,
        /// Folder to write to; the path within the night is printed when absent.
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
        /// Checks the files against their checksums, and writes nothing.
        #[arg(long)]
        check: bool,
    },
    /// Prints the path of the report, or copies it.
    Report {
        /// File to copy it to.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Writes a first project file for the feeds of a folder.
    Init {
        /// Folder.
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Makes a synthetic business with known truth.
    Simulate {
        /// Folder to write to; must not exist or be empty.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Parties.
        #[arg(long, default_value_t = 5_000)]
        parties: usize,
        /// Transaction lines, as 60000 or 10M; from a million on only transactions are written, as
        /// Parquet.
        #[arg(long, default_value = "60000")]
        transactions: String,
        /// Makes party records of several systems about the same people instead, as 20000 or 1M: for
        /// measuring who is recognised.
        #[arg(long, value_name = "N", conflicts_with_all = ["parties", "transactions"])]
        records: Option<String>,
        /// Nights over which those records arrive, change and go; each gets a project of its own.
        #[arg(long, value_name = "N", default_value_t = 1, requires = "records")]
        nights: usize,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum Show {
    /// The last runs.
    Runs,
    /// The published tables, with their rows.
    Tables,
    /// The segments, with their names and sizes.
    Segments,
    /// Everything that was decided about one customer, and why.
    Customer {
        /// Its `customer_id`.
        id: i64,
        /// File to draw into why its records are one: a waterfall a pair, as SVG.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
}

impl Invocation {
    /// Reads the arguments of the process; wrong ones end it with a message and exit code 2.
    pub fn from_arguments() -> Self {
        Self::parse()
    }

    /// Whether results are wanted as JSON.
    pub fn wants_json(&self) -> bool {
        self.global.output == Output::Json
    }

    /// Whether the log is wanted as JSON.
    pub fn logs_json(&self) -> bool {
        self.global.log_format == Output::Json
    }

    /// What is worth a line on stderr.
    pub fn log_level(&self) -> tracing::Level {
        if self.global.verbose { tracing::Level::INFO } else { tracing::Level::WARN }
    }

    pub(super) fn flags(&self) -> Flags {
        Flags {
            project: self.global.project.clone(),
            store: self.global.store.clone(),
            date: self.global.date.clone(),
            threads: self.global.threads,
            memory: self.global.memory.clone(),
            seed: self.global.seed,
        }
    }
}
