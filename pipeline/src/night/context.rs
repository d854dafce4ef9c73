//! What every command needs: the project, its feeds and its store.

use std::path::{Path, PathBuf};

use idip_project::{MOST_THREADS, Positions, Project};
use idip_store::Store;

use crate::{EngineLimits, RunError};

/// Flags that every command takes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    /// Project file.
    pub(crate) project: PathBuf,
    /// Store, over the project file's.
    pub(crate) store: Option<PathBuf>,
    /// Logical date, `YYYY-MM-DD`.
    pub(crate) date: Option<String>,
    /// Threads, over the project file's.
    pub(crate) threads: Option<usize>,
    /// Memory of the engine, over the project file's.
    pub(crate) memory: Option<String>,
    /// Seed, over the project file's.
    pub(crate) seed: Option<u64>,
}

/// The project as the flags make it.
#[derive(Debug)]
pub(crate) struct Context {
    /// The project.
    pub(crate) project: Project,
    /// Where its keys stand.
    pub(crate) positions: Positions,
    /// The project file as the user named it.
    pub(crate) file: String,
    /// Its folder: what feeds are relative to.
    pub(crate) folder: PathBuf,
    /// The store's folder.
    pub(crate) store: PathBuf,
    /// Logical date: days since 1970-01-01; None for the last day with a sale.
    pub(crate) date: Option<i32>,
    /// Threads.
    pub(crate) threads: usize,
    /// Bytes of the engine's operators.
    pub(crate) memory: usize,
}

/// Memory of the engine when nothing is said: a night of ten million transactions fits a laptop.
const DEFAULT_MEMORY: usize = 512 << 20;

impl Context {
    /// Reads the project file and applies the flags.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is wrong, or a flag is.
    pub(crate) fn read(flags: &Flags) -> Result<Self, RunError> {
        let text = fs_err::read_to_string(&flags.project).map_err(|source| {
            if source.kind() == std::io::ErrorKind::NotFound {
                return RunError::Command {
                    message: format!("there is no project file `{}`", flags.project.display()),
                    hint: Some("`idip init` writes one; `--project FILE` names another".into()),
                };
            }
            RunError::File { action: "cannot read", path: flags.project.clone(), source }
        })?;
        let file = flags.project.display().to_string();
        let (mut project, positions) =
            idip_project::read(&file, &text).map_err(RunError::Project)?;
        if let Some(seed) = flags.seed {
            project.seed = seed;
        }
        let folder = flags
            .project
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .map_or_else(|| PathBuf::from("."), Path::to_owned);
        let store = flags.store.clone().unwrap_or_else(|| folder.join(&project.store));
        let date = flags.date.as_deref().map(parse_date).transpose()?;
        let machine = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = flags.threads.or(project.engine.threads).unwrap_or(machine);
        if !(1..=MOST_THREADS).contains(&threads) {
            let message = format!("`--threads` is {threads}, expected 1 to {MOST_THREADS}");
            return Err(command(&message, None));
        }
        let memory = match flags.memory.as_ref().or(project.engine.memory.as_ref()) {
            None => DEFAULT_MEMORY,
            Some(text) => idip_project::bytes(text).ok_or_else(|| {
                command(&format!("`--memory` is `{text}`, expected a size"), Some("as in 512MB"))
            })?,
        };
        Ok(Self { project, positions, file, folder, store, date, threads, memory })
    }

    /// Opens the store, making it when it is not there.
    pub(crate) fn open_store(&self) -> Result<Store, RunError> {
        Ok(Store::open(&self.store)?)
    }

    /// Opens the store of an earlier run.
    pub(crate) fn published_store(&self) -> Result<Store, RunError> {
        Store::open_existing(&self.store).map_err(|_| {
            command(
                &format!("nothing is published in `{}`", self.store.display()),
                Some("`idip run` publishes the first night"),
            )
        })
    }

    /// Limits of an engine that spills into a folder.
    pub(crate) fn limits(&self, spill: &Path) -> EngineLimits {
        EngineLimits { threads: self.threads, memory: self.memory, spill: spill.to_owned() }
    }
}

/// Days since 1970-01-01 of a day as the user writes it.
pub(crate) fn parse_date(text: &str) -> Result<i32, RunError> {
    text.parse::<jiff::civil::Date>().map(crate::days_since_epoch).map_err(|_| {
        command(&format!("`{text}` is not a day"), Some("days are written as 2026-03-31"))
    })
}

pub(crate) fn command(message: &str, hint: Option<&str>) -> RunError {
    RunError::Command { message: message.to_owned(), hint: hint.map(str::to_owned) }
}
