//! What is only needed while a night runs.

use std::path::PathBuf;

use super::context::Context;
use crate::RunError;

/// A folder for what is only needed while a night runs.
pub(super) struct Scratch {
    /// The folder.
    pub(super) path: PathBuf,
}

impl Scratch {
    /// Makes the folder of a run.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(super) fn create(context: &Context, run_id: &str) -> Result<Self, RunError> {
        use std::os::unix::fs::DirBuilderExt;
        let path = context.store.join(format!(".tmp-{run_id}"));
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(|source| RunError::File {
            action: "cannot make the folder",
            path: path.clone(),
            source,
        })?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs_err::remove_dir_all(&self.path) {
            tracing::warn!(%error, "the next run will remove the scratch folder");
        }
    }
}
