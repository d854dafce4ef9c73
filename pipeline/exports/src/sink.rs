//! Where the bytes go.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Makes the files of an export.
///
/// Names are unique in an export: `a-z`, `0-9`, `_` and `-`, at most 64, with one extension; or
/// `SHA256SUMS` or `_SUCCESS`. As many files are open at a time as there are segments.
pub trait Sink {
    /// Starts a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be made.
    fn create(&self, name: &str) -> io::Result<Box<dyn FileSink + '_>>;
}

/// A file of an export, written in pieces of about 64 KiB.
pub trait FileSink: Write {
    /// Ends the file and makes it durable; `rows` are its data rows, if it holds any.
    ///
    /// # Errors
    ///
    /// When what was written may be lost.
    fn finish(self: Box<Self>, rows: Option<u64>) -> io::Result<()>;
}

/// Keeps the files in memory, for tests and previews.
#[derive(Debug, Default)]
pub struct MemorySink {
    files: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl MemorySink {
    /// Returns the finished files by name.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.files.borrow().clone()
    }
}

impl Sink for MemorySink {
    fn create(&self, name: &str) -> io::Result<Box<dyn FileSink + '_>> {
        Ok(Box::new(MemoryFile { sink: self, name: name.to_owned(), bytes: Vec::new() }))
    }
}

struct MemoryFile<'s> {
    sink: &'s MemorySink,
    name: String,
    bytes: Vec<u8>,
}

impl Write for MemoryFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl FileSink for MemoryFile<'_> {
    fn finish(self: Box<Self>, _rows: Option<u64>) -> io::Result<()> {
        self.sink.files.borrow_mut().insert(self.name, self.bytes);
        Ok(())
    }
}
