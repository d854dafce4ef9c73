//! The bytes of a feed: read once, hashed on the way, seen through a window.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// Bytes asked of the system at once: large enough that calls cost nothing, small enough for the
/// second-level cache.
const READ_BYTES: usize = 256 * 1024;

/// A reader of bytes with a window on those not yet consumed.
pub(crate) struct Source<'a> {
    reader: &'a mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    filled: usize,
    is_at_end: bool,
    hash: Sha256,
    bytes: u64,
    last_byte: Option<u8>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(reader: &'a mut dyn Read) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            start: 0,
            filled: 0,
            is_at_end: false,
            hash: Sha256::new(),
            bytes: 0,
            last_byte: None,
        }
    }

    /// Bytes read and not consumed.
    pub(crate) fn window(&self) -> &[u8] {
        self.buffer.get(self.start..self.filled).unwrap_or_default()
    }

    /// Whether the window holds all that is left.
    pub(crate) fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The last byte read so far.
    pub(crate) fn last_byte(&self) -> Option<u8> {
        self.last_byte
    }

    /// Leaves the first `n` bytes of the window behind.
    pub(crate) fn consume(&mut self, n: usize) {
        self.start = self.filled.min(self.start + n);
    }

    /// Widens the window by at least one byte, or finds the end.
    pub(crate) fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        // Doubling keeps the work on a long record linear: it is looked at again after each fill.
        let wanted = self.filled + READ_BYTES.max(self.filled);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        let Some(free) = self.buffer.get_mut(self.filled..) else {
            return Ok(());
        };
        let n = loop {
            match self.reader.read(free) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        let read = free.get(..n).unwrap_or_default();
        self.hash.update(read);
        self.last_byte = read.last().copied().or(self.last_byte);
        self.bytes += n as u64;
        self.filled += n;
        self.is_at_end = n == 0;
        Ok(())
    }

    /// Widens the window to `n` bytes, or to the end if that is nearer.
    pub(crate) fn fill_to(&mut self, n: usize) -> io::Result<()> {
        while self.window().len() < n && !self.is_at_end {
            self.fill()?;
        }
        Ok(())
    }

    /// Leaves the rest of the physical line behind, however long it is.
    pub(crate) fn skip_line(&mut self) -> io::Result<()> {
        loop {
            match line_end(self.window(), self.is_at_end) {
                Some((_, after)) => {
                    self.consume(after);
                    return Ok(());
                }
                None if self.is_at_end => {
                    self.consume(self.window().len());
                    return Ok(());
                }
                None => {
                    // A carriage return that ends the window may be half of a line end.
                    let kept = usize::from(self.window().last() == Some(&b'\r'));
                    self.consume(self.window().len() - kept);
                    self.fill()?;
                }
            }
        }
    }

    /// Returns the SHA-256 of all bytes read, in hexadecimal.
    pub(crate) fn sha256(self) -> String {
        hexadecimal(&self.hash.finalize())
    }
}

/// Returns where the first physical line ends and where the next starts: after LF, CR LF or a CR
/// alone. `None` when the bytes do not tell.
pub(crate) fn line_end(bytes: &[u8], is_at_end: bool) -> Option<(usize, usize)> {
    let end = memchr::memchr2(b'\n', b'\r', bytes)?;
    match (bytes.get(end)?, bytes.get(end + 1)) {
        (b'\r', Some(b'\n')) => Some((end, end + 2)),
        (b'\r', None) if !is_at_end => None,
        _ => Some((end, end + 1)),
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|b| [b >> 4, b & 15])
        .filter_map(|n| char::from_digit(n.into(), 16))
        .collect()
}

/// Names the kind of file that starts with these bytes, if it is known and is no text.
pub(crate) fn known_file_kind(start: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 7] = [
        (b"PAR1\x15", "a Parquet file"),
        (b"PK\x03\x04", "a ZIP archive (an .xlsx workbook is one)"),
        (b"\xD0\xCF\x11\xE0", "an .xls workbook"),
        (b"\x1F\x8B", "a gzip file"),
        (b"\x28\xB5\x2F\xFD", "a Zstandard file"),
        (b"\xFF\xFE", "UTF-16 text"),
        (b"\xFE\xFF", "UTF-16 text"),
    ];
    known.into_iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_in_lf_crlf_or_cr() {
        assert_eq!(line_end(b"ab\ncd", false), Some((2, 3)));
        assert_eq!(line_end(b"ab\r\ncd", false), Some((2, 4)));
        assert_eq!(line_end(b"ab\rcd", false), Some((2, 3)));
        assert_eq!(line_end(b"ab\r", false), None);
        assert_eq!(line_end(b"ab\r", true), Some((2, 3)));
        assert_eq!(line_end(b"ab", true), None);
    }

    #[test]
    fn bytes_are_hashed_in_the_pass_that_reads_them() {
        let mut bytes = &b"abc"[..];
        let mut source = Source::new(&mut bytes);
        source.fill_to(100).expect("reads");
        source.skip_line().expect("reads");
        assert!(source.window().is_empty());
        assert_eq!(source.bytes(), 3);
        // FIPS 180-4, example "abc".
        assert_eq!(
            source.sha256(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_line_longer_than_the_window_is_skipped_whole() {
        let mut bytes = vec![b'x'; 3 * READ_BYTES];
        bytes.extend(b"\r\nrest");
        let mut bytes = &bytes[..];
        let mut source = Source::new(&mut bytes);
        source.skip_line().expect("reads");
        source.fill_to(4).expect("reads");
        assert_eq!(source.window(), b"rest");
    }
}
