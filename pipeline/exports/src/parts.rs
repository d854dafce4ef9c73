//! Files being written: one for each segment, cut where the receiver's limits are.

use std::collections::VecDeque;
use std::io;

use sha2::{Digest, Sha256};

use crate::error::{ExportError, Result};
use crate::file_name;
use crate::manifest::{FileRecord, hex};
use crate::sink::{FileSink, Sink};

/// Bytes handed to the sink at once.
const PIECE: usize = 1 << 16;

/// The parts of one segment.
pub(crate) struct Parts<'s> {
    sink: &'s dyn Sink,
    stem: String,
    segment: Option<String>,
    /// Rows of the parts still to come; the first is that of the open file.
    plan: VecDeque<u64>,
    total: usize,
    rows_left: u64,
    pub(crate) buffer: Vec<u8>,
    open: Option<OpenFile<'s>>,
    pub(crate) done: Vec<FileRecord>,
}

struct OpenFile<'s> {
    name: String,
    writer: Box<dyn FileSink + 's>,
    hasher: Sha256,
    bytes: u64,
    rows: u64,
}

impl<'s> Parts<'s> {
    pub(crate) fn new(
        sink: &'s dyn Sink,
        stem: String,
        segment: Option<String>,
        plan: Vec<u64>,
    ) -> Result<Self> {
        let total = plan.len();
        if total > file_name::PARTS {
            let limit = file_name::PARTS;
            return Err(ExportError::TooManyParts { stem, found: total, limit });
        }
        let (plan, buffer) = (plan.into(), Vec::with_capacity(PIECE + (PIECE >> 2)));
        Ok(Self {
            sink,
            stem,
            segment,
            plan,
            total,
            rows_left: 0,
            buffer,
            open: None,
            done: vec![],
        })
    }

    /// Makes sure that a row may be added to the buffer.
    pub(crate) fn make_room(&mut self, header: &[u8]) -> Result<()> {
        if self.rows_left == 0 {
            self.close()?;
            self.open(header)?;
        }
        self.rows_left = self.rows_left.saturating_sub(1);
        if self.buffer.len() < PIECE { Ok(()) } else { self.flush() }
    }

    /// Ends the last part; a segment without rows still gets a file with the header.
    pub(crate) fn finish(&mut self, header: &[u8]) -> Result<()> {
        if self.open.is_none() {
            self.open(header)?;
        }
        self.close()
    }

    fn open(&mut self, header: &[u8]) -> Result<()> {
        let part = self.total - self.plan.len() + 1;
        let rows = self.plan.pop_front().unwrap_or_default();
        let name = file_name::of_part(&self.stem, part, self.total);
        let writer = self.sink.create(&name).map_err(|source| refused(&name, source))?;
        self.open = Some(OpenFile { name, writer, hasher: Sha256::new(), bytes: 0, rows });
        self.rows_left = rows;
        self.buffer.extend_from_slice(header);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if let Some(file) = &mut self.open {
            let written = file.writer.write_all(&self.buffer);
            written.map_err(|source| refused(&file.name, source))?;
            file.hasher.update(&self.buffer);
            file.bytes += self.buffer.len() as u64;
        }
        self.buffer.clear();
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        self.flush()?;
        let Some(file) = self.open.take() else { return Ok(()) };
        let rows = file.rows - self.rows_left;
        file.writer.finish(Some(rows)).map_err(|source| refused(&file.name, source))?;
        self.done.push(FileRecord {
            file: file.name,
            segment: self.segment.clone(),
            part: self.done.len() + 1,
            parts: self.total,
            rows,
            bytes: file.bytes,
            sha256: hex(&file.hasher.finalize()),
        });
        Ok(())
    }
}

pub(crate) fn refused(file: &str, source: io::Error) -> ExportError {
    ExportError::Write { file: file.to_owned(), source }
}
