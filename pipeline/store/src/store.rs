//! The store's folder, its lock, and what is in force in it.

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::Disk;
use crate::error::{At, Result, StoreError};
use crate::manifest::corrupt;
use crate::name::{self, NightName};
use crate::night::Night;

/// A folder of published nights.
///
/// Cheap to clone. Reading needs no lock; everything that writes is on [`StoreLock`].
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) disk: Disk,
}

impl Store {
    /// Opens a store to write, made when absent.
    ///
    /// A folder that has no store in it yet is given mode 0700; later its mode is the owner's affair.
    ///
    /// # Errors
    ///
    /// When a folder cannot be made, or a link or file lies where one should be.
    pub fn open(dir: &Path) -> Result<Self> {
        let store = Self { disk: Disk::new(dir) };
        store.lay_out()?;
        Ok(store)
    }

    /// Opens a store to read; changes nothing on disk.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] when the folder holds no store.
    pub fn open_existing(dir: &Path) -> Result<Self> {
        let store = Self { disk: Disk::new(dir) };
        store.disk.guard(&store.nights_dir(), "folder")?;
        if store.nights_dir().is_dir() {
            return Ok(store);
        }
        Err(StoreError::Missing { path: dir.to_owned() })
    }

    pub(crate) fn lay_out(&self) -> Result<()> {
        let root = self.disk.root();
        if !root.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(root).at("create folder", root)?;
            if let Some(parent) = root.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                File::open(parent).and_then(|folder| folder.sync_all()).at("fsync", parent)?;
            }
        }
        if fs::symlink_metadata(self.nights_dir()).is_err() {
            fs::set_permissions(root, Permissions::from_mode(0o700)).at("set the mode of", root)?;
        }
        for folder in [self.nights_dir(), self.failed_dir(), self.runs_dir()] {
            self.disk.ensure_dir(&folder)?;
        }
        self.disk.sync_dir(root)
    }

    /// Returns the store's folder.
    pub fn path(&self) -> &Path {
        self.disk.root()
    }

    pub(crate) fn nights_dir(&self) -> PathBuf {
        self.path().join("nights")
    }

    pub(crate) fn failed_dir(&self) -> PathBuf {
        self.path().join("failed")
    }

    pub(crate) fn runs_dir(&self) -> PathBuf {
        self.path().join("runs")
    }

    pub(crate) fn pointer_path(&self) -> PathBuf {
        self.path().join("CURRENT")
    }

    /// Names, for the time of a replacement, the night that goes and the one that comes.
    pub(crate) fn replacing_path(&self) -> PathBuf {
        self.path().join("REPLACING")
    }

    /// Takes the lock, which ends with the guard or with the process.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] when another run holds it.
    pub fn lock(&self) -> Result<StoreLock> {
        let path = self.path().join("LOCK");
        let file = self.disk.open_lock(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(StoreLock { store: self.clone(), held: Arc::new(file) }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Busy { path }),
            Err(TryLockError::Error(source)) => Err(source).at("lock", &path),
        }
    }

    /// Returns the name of the night in force; `None` before the first one.
    ///
    /// # Errors
    ///
    /// When `CURRENT` cannot be read or names no night.
    pub fn current_name(&self) -> Result<Option<NightName>> {
        self.read_names(&self.pointer_path(), 1)
            .map(|names| names.and_then(|n| n.into_iter().next()))
    }

    /// Reads a file of `count` night names between spaces, on one line.
    pub(crate) fn read_names(&self, path: &Path, count: usize) -> Result<Option<Vec<NightName>>> {
        let Some(bytes) = self.disk.read(path)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let names: Option<Vec<_>> = text.split_whitespace().map(NightName::parse).collect();
        match names.filter(|names| names.len() == count) {
            Some(names) => Ok(Some(names)),
            None => Err(corrupt(path, &format!("expected {count} night name(s) on one line"))),
        }
    }

    /// Returns the night in force; `None` before the first one.
    ///
    /// # Errors
    ///
    /// When the night it names is missing, incomplete, damaged in its manifest, or of a newer format.
    pub fn current(&self) -> Result<Option<Night>> {
        self.open_stable(|| self.current_name())
    }

    /// Opens the night that `look` names, again when a run takes it away between our two looks.
    fn open_stable(&self, look: impl Fn() -> Result<Option<NightName>>) -> Result<Option<Night>> {
        let mut seen = look()?;
        loop {
            let Some(name) = seen else { return Ok(None) };
            match Night::open(self, &name) {
                Ok(night) => return Ok(Some(night)),
                Err(error) => {
                    seen = look()?;
                    if seen.as_ref() == Some(&name) {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Lists the published nights, oldest first, one a date.
    ///
    /// # Errors
    ///
    /// When a folder cannot be listed, or two nights claim one date.
    pub fn nights(&self) -> Result<Vec<NightName>> {
        loop {
            let before = (self.current_name()?, self.night_folders()?);
            let replacing = self.replacing()?;
            if before != (self.current_name()?, self.night_folders()?) {
                continue; // a run published while we looked
            }
            let (Some(current), folders) = before else { return Ok(Vec::new()) };
            return published(&current, folders, replacing);
        }
    }

    /// Lists every folder in `nights/` that is named like a night, in force or not.
    pub(crate) fn night_folders(&self) -> Result<Vec<NightName>> {
        let listed = self.disk.list(&self.nights_dir())?;
        Ok(listed.iter().filter_map(|entry| NightName::parse(&entry.name)).collect())
    }

    pub(crate) fn replacing(&self) -> Result<Option<[NightName; 2]>> {
        let names = self.read_names(&self.replacing_path(), 2)?;
        Ok(names.and_then(|names| names.try_into().ok()))
    }

    /// Returns the published night of a date; `None` when there is none.
    ///
    /// # Errors
    ///
    /// As [`Store::current`]; [`StoreError::Date`] when `date` is no day.
    pub fn night(&self, date: &str) -> Result<Option<Night>> {
        name::check_date(date)?;
        self.open_stable(|| Ok(self.nights()?.into_iter().find(|name| name.date() == date)))
    }

    /// Returns the latest published night before a date; `None` when there is none.
    ///
    /// # Errors
    ///
    /// As [`Store::night`].
    pub fn previous(&self, date: &str) -> Result<Option<Night>> {
        self.open_stable(|| self.previous_name(date))
    }

    pub(crate) fn previous_name(&self, date: &str) -> Result<Option<NightName>> {
        name::check_date(date)?;
        Ok(self.nights()?.into_iter().rev().find(|name| name.date() < date))
    }
}

/// Picks what is in force among the folders of nights, which are sorted.
fn published(
    current: &NightName,
    mut folders: Vec<NightName>,
    replacing: Option<[NightName; 2]>,
) -> Result<Vec<NightName>> {
    folders.retain(|name| name.date() < current.date() || name == current);
    if let Some([old, new]) = replacing
        && folders.contains(&new)
    {
        folders.retain(|name| *name != old);
    }
    for pair in folders.windows(2) {
        if let [first, second] = pair
            && first.date() == second.date()
        {
            let nights = vec![first.to_string(), second.to_string()];
            return Err(StoreError::Ambiguous { date: first.date().to_owned(), nights });
        }
    }
    Ok(folders)
}

/// The right to write to a store.
///
/// The lock is held until this guard, and every [`Staging`](crate::Staging) begun from it, is gone.
#[derive(Debug)]
pub struct StoreLock {
    pub(crate) store: Store,
    pub(crate) held: Arc<File>,
}

impl StoreLock {
    /// Returns the locked store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn move_pointer(&self, name: &NightName) -> Result<()> {
        let pointer = self.store.pointer_path();
        self.store.disk.replace(&pointer, format!("{name}\n").as_bytes())
    }

    pub(crate) fn drop_journal(&self) -> Result<()> {
        let journal = self.store.replacing_path();
        match fs::symlink_metadata(&journal) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            _ => {
                self.store.disk.remove_file(&journal)?;
                self.store.disk.sync_dir(self.store.path())
            }
        }
    }
}
