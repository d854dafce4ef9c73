//! Parquet feeds: opened once beforehand, so that a broken file is named.

use std::panic::{AssertUnwindSafe, catch_unwind};

use idip_feeds::ControlFile;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::files::FeedFiles;
use super::landing::companion;
use crate::RunError;

/// Rows of each file of a feed.
///
/// # Errors
///
/// When a file is not Parquet, or differs from its control file.
pub(crate) fn rows(files: &FeedFiles<'_>) -> Result<Vec<u64>, RunError> {
    files
        .files
        .iter()
        .map(|file| {
            let fail = |message: String, hint: Option<String>| RunError::Feed {
                feed: files.name.to_owned(),
                message: format!("`{}` {message}", file.label),
                hint,
            };
            let broken = || {
                fail(
                    "is not readable as Parquet".into(),
                    Some("it may be cut or damaged: have it sent again".into()),
                )
            };
            let open = fs_err::File::open(&file.path).map_err(|source| RunError::File {
                action: "cannot read",
                path: file.path.clone(),
                source,
            })?;
            // The reader panics on some damaged footers.
            let reader =
                catch_unwind(AssertUnwindSafe(|| SerializedFileReader::new(open.into_parts().0)))
                    .map_err(|_| broken())?
                    .map_err(|_| broken())?;
            let found = reader.metadata().file_metadata().num_rows().cast_unsigned();
            if let Some(control) = &files.feed.control {
                let landing = |source| RunError::Landing { feed: files.name.to_owned(), source };
                let control =
                    ControlFile::read(&companion(&file.path, &control.suffix)).map_err(landing)?;
                control.check_sha256(&file.path).map_err(landing)?;
                if let Some(rows) = control.rows
                    && rows != found
                {
                    return Err(fail(
                        format!("has {found} rows, its control file says {rows}"),
                        Some("the file may be cut: have it sent again".into()),
                    ));
                }
            }
            Ok(found)
        })
        .collect()
}
