//! The one place that changes the disk: private modes, no symbolic links, everything fsynced.
//!
//! Every change passes [`Disk::step`], where the tests make the n-th one fail and where they record
//! the order of changes to replay power cuts.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use crate::error::{At, Result, StoreError};
#[cfg(test)]
use crate::probe::{Change, Probe};

/// Only the account that runs idip may look into a folder of the store.
const DIR_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// The disk below one folder.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    root: PathBuf,
    #[cfg(test)]
    pub(crate) probe: std::sync::Arc<Probe>,
}

/// A change about to be made; a plain marker outside tests.
macro_rules! step {
    ($disk:expr, $change:expr, $action:literal, $path:expr) => {{
        #[cfg(test)]
        $disk.probe.step($change).at($action, $path)?;
    }};
}

impl Disk {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            #[cfg(test)]
            probe: std::sync::Arc::default(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Refuses a path that leaves the root or passes a symbolic link below it.
    pub(crate) fn guard(&self, path: &Path, expected: &'static str) -> Result<()> {
        let below = path.strip_prefix(&self.root).map_err(|_| StoreError::WrongKind {
            path: path.to_owned(),
            expected: "path of this store",
        })?;
        let mut walked = self.root.clone();
        for part in below.components() {
            if !matches!(part, Component::Normal(_)) {
                let path = path.to_owned();
                return Err(StoreError::WrongKind { path, expected: "path of this store" });
            }
            walked.push(part);
            match fs::symlink_metadata(&walked) {
                Ok(found) if found.is_symlink() => {
                    return Err(StoreError::Symlink { path: walked, expected });
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error).at("look at", &walked),
            }
        }
        Ok(())
    }

    /// Makes a folder that must not exist yet.
    pub(crate) fn create_dir(&self, path: &Path) -> Result<()> {
        self.guard(path, "folder")?;
        step!(self, Change::CreateDir(path.to_owned()), "create folder", path);
        DirBuilder::new().mode(DIR_MODE).create(path).at("create folder", path)?;
        // A umask can only take bits away, also ones that we need.
        fs::set_permissions(path, Permissions::from_mode(DIR_MODE)).at("set the mode of", path)
    }

    /// Makes a folder, and those above it, unless they exist.
    pub(crate) fn ensure_dir(&self, path: &Path) -> Result<()> {
        self.guard(path, "folder")?;
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(StoreError::WrongKind { path: path.to_owned(), expected: "folder" }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(parent) = path.parent().filter(|parent| *parent != self.root) {
                    self.ensure_dir(parent)?;
                }
                self.create_dir(path)
            }
            Err(error) => Err(error).at("look at", path),
        }
    }

    /// Makes a file that must not exist yet.
    pub(crate) fn create_file(&self, path: &Path) -> Result<DiskFile> {
        self.guard(path, "file")?;
        step!(self, Change::CreateFile(path.to_owned()), "create", path);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(path)
            .at("create", path)?;
        file.set_permissions(Permissions::from_mode(FILE_MODE)).at("set the mode of", path)?;
        Ok(DiskFile {
            file,
            path: path.to_owned(),
            hasher: blake3::Hasher::new(),
            bytes: 0,
            broken: None,
            #[cfg(test)]
            probe: std::sync::Arc::clone(&self.probe),
        })
    }

    /// Opens the lock file, made when absent.
    pub(crate) fn open_lock(&self, path: &Path) -> Result<File> {
        self.guard(path, "file")?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .custom_flags(no_follow())
            .open(path)
            .at("open", path)?;
        file.set_permissions(Permissions::from_mode(FILE_MODE)).at("set the mode of", path)?;
        Ok(file)
    }

    /// Opens a plain file to read.
    pub(crate) fn open(&self, path: &Path) -> Result<File> {
        self.guard(path, "file")?;
        let file =
            OpenOptions::new().read(true).custom_flags(no_follow()).open(path).at("open", path)?;
        if file.metadata().at("look at", path)?.is_file() {
            return Ok(file);
        }
        Err(StoreError::WrongKind { path: path.to_owned(), expected: "plain file" })
    }

    /// Reads a whole file; `None` when there is none.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        let mut file = match self.open(path) {
            Ok(file) => file,
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).at("read", path)?;
        Ok(Some(bytes))
    }

    /// Writes and fsyncs a file that must not exist yet.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> Result<Written> {
        let mut file = self.create_file(path)?;
        file.write_all(bytes).at("write", path)?;
        file.finish()
    }

    /// Puts a file in place of another: readers see the old one or the new one, whole.
    pub(crate) fn replace(&self, target: &Path, bytes: &[u8]) -> Result<()> {
        self.guard(target, "file")?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let temporary = self.root.join(format!(".tmp-{name}"));
        self.write(&temporary, bytes)?;
        self.rename(&temporary, target)?;
        self.sync_parents(&temporary, target)
    }

    /// Makes the names in a folder durable.
    pub(crate) fn sync_dir(&self, path: &Path) -> Result<()> {
        self.guard(path, "folder")?;
        let sync = || -> Result<()> {
            step!(self, Change::SyncDir(path.to_owned()), "fsync", path);
            File::open(path).and_then(|folder| folder.sync_all()).at("fsync", path)
        };
        sync().map_err(sync_failed)
    }

    /// Makes a rename durable in both folders.
    pub(crate) fn sync_parents(&self, from: &Path, to: &Path) -> Result<()> {
        let (from, to) = (from.parent().unwrap_or(from), to.parent().unwrap_or(to));
        self.sync_dir(to)?;
        if from == to { Ok(()) } else { self.sync_dir(from) }
    }

    pub(crate) fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.guard(from, "file or folder")?;
        self.guard(to, "file or folder")?;
        step!(self, Change::Rename(from.to_owned(), to.to_owned()), "rename", from);
        fs::rename(from, to).at("rename", from)
    }

    /// Gives a file a second name, or copies it where the filesystem has no hard links.
    pub(crate) fn link(&self, from: &Path, to: &Path) -> Result<()> {
        self.guard(from, "file")?;
        self.guard(to, "file")?;
        step!(self, Change::Link(from.to_owned(), to.to_owned()), "link", to);
        if fs::hard_link(from, to).is_ok() {
            return Ok(());
        }
        let mut source = self.open(from)?;
        let mut copy = self.create_file(to)?;
        io::copy(&mut source, &mut copy).at("copy", from)?;
        copy.finish().map(drop)
    }

    /// Removes a file or a link, if there.
    pub(crate) fn remove_file(&self, path: &Path) -> Result<()> {
        self.guard(path.parent().unwrap_or(path), "folder")?;
        step!(self, Change::Remove(path.to_owned()), "remove", path);
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).at("remove", path),
            _ => Ok(()),
        }
    }

    /// Removes a file, a link (never what it points to) or a folder with all it holds, if there.
    pub(crate) fn remove(&self, path: &Path) -> Result<()> {
        self.guard(path.parent().unwrap_or(path), "folder")?;
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => {
                step!(self, Change::Remove(path.to_owned()), "remove", path);
                fs::remove_dir_all(path).at("remove", path)
            }
            Ok(_) => self.remove_file(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).at("look at", path),
        }
    }

    /// Removes a folder that others may look at, if there: it goes out of sight whole, then away.
    pub(crate) fn retire(&self, path: &Path) -> Result<()> {
        self.guard(path, "folder")?;
        if !path.exists() {
            return Ok(());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let trash = self.root.join(format!(".trash-{name}"));
        self.remove(&trash)?;
        self.rename(path, &trash)?;
        self.sync_parents(&trash, path)?;
        self.remove(&trash)
    }

    /// Lists a folder by name; nothing when it does not exist.
    pub(crate) fn list(&self, path: &Path) -> Result<Vec<Listed>> {
        self.guard(path, "folder")?;
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).at("list", path),
        };
        let mut listed = Vec::new();
        for entry in entries {
            let entry = entry.at("list", path)?;
            let is_dir = entry.file_type().at("look at", &entry.path())?.is_dir();
            // A name that is not UTF-8 is not ours: its lossy form matches none of our rules.
            let name = entry.file_name().to_string_lossy().into_owned();
            listed.push(Listed { name, path: entry.path(), is_dir });
        }
        listed.sort();
        Ok(listed)
    }

    /// Lists every file below a folder by its path within it, and every folder, deepest first.
    pub(crate) fn walk(&self, top: &Path) -> Result<(Vec<String>, Vec<PathBuf>)> {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        let mut pending = vec![(String::new(), top.to_owned())];
        while let Some((prefix, folder)) = pending.pop() {
            for entry in self.list(&folder)? {
                let within = format!("{prefix}{}", entry.name);
                if entry.is_dir {
                    pending.push((format!("{within}/"), entry.path));
                } else {
                    files.push(within);
                }
            }
            folders.push(folder);
        }
        files.sort();
        folders.reverse();
        Ok((files, folders))
    }
}

/// One entry of a folder.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) is_dir: bool,
}

/// Size and hash of a finished file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
}

/// A file being written; hashed on the way, and useless after its first error.
#[derive(Debug)]
pub(crate) struct DiskFile {
    file: File,
    path: PathBuf,
    hasher: blake3::Hasher,
    bytes: u64,
    broken: Option<io::ErrorKind>,
    #[cfg(test)]
    probe: std::sync::Arc<Probe>,
}

impl DiskFile {
    /// Fsyncs the file; nothing may be written afterwards.
    pub(crate) fn finish(&mut self) -> Result<Written> {
        if let Some(kind) = self.broken {
            return Err(io::Error::from(kind)).at("write", &self.path);
        }
        let sync = || -> Result<()> {
            step!(self, Change::SyncFile(self.path.clone()), "fsync", &self.path);
            self.file.sync_all().at("fsync", &self.path)
        };
        sync().map_err(sync_failed)?;
        Ok(Written { bytes: self.bytes, blake3: self.hasher.finalize().to_hex().to_string() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(test)]
        if let Err(error) = self.probe.step(Change::Write(self.path.clone(), bytes.to_vec())) {
            // A disk that fills up takes a part first.
            self.file.write_all(&bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        self.file.write(bytes)
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Buffers above this one try again when they are dropped: a second try must not succeed.
        if let Some(kind) = self.broken {
            return Err(kind.into());
        }
        match self.try_write(bytes) {
            Ok(written) => {
                self.hasher.update(bytes.get(..written).unwrap_or(bytes));
                self.bytes += written as u64;
                Ok(written)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.broken = Some(error.kind());
                Err(error)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// After a failed fsync the kernel may drop the dirty pages and report success the next time.
fn sync_failed(error: StoreError) -> StoreError {
    match error {
        StoreError::Io { path, source, .. } => StoreError::Sync { path, source },
        other => other,
    }
}

fn no_follow() -> i32 {
    rustix::fs::OFlags::NOFOLLOW.bits().cast_signed()
}
