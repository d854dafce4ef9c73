//! Where the fields of a record are.

use std::ops::Range;

/// The fields of one record.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    spans: Vec<Span>,
    count: usize,
    max: usize,
    unquoted: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Span {
    InRecord(Range<usize>),
    /// Doubled quotes were undone in a copy.
    InCopy(Range<usize>),
}

impl Fields {
    /// Keeps at most that many fields a record, and counts the others.
    pub(crate) fn with_max(max: usize) -> Self {
        Self { max, ..Self::default() }
    }

    /// Number of fields found.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Bytes of a field of the record.
    pub(crate) fn get<'a>(&'a self, record: &'a [u8], i: usize) -> Option<&'a [u8]> {
        match self.spans.get(i)? {
            Span::InRecord(range) => record.get(range.clone()),
            Span::InCopy(range) => self.unquoted.get(range.clone()),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.spans.clear();
        self.unquoted.clear();
        self.count = 0;
    }

    pub(crate) fn push(&mut self, span: Range<usize>) {
        if self.count < self.max {
            self.spans.push(Span::InRecord(span));
        }
        self.count += 1;
    }

    pub(crate) fn push_unescaped(&mut self, content: &[u8], quote: u8) {
        if self.count < self.max {
            let start = self.unquoted.len();
            let mut is_second = false;
            for &byte in content {
                is_second = byte == quote && !is_second;
                if !is_second {
                    self.unquoted.push(byte);
                }
            }
            self.spans.push(Span::InCopy(start..self.unquoted.len()));
        }
        self.count += 1;
    }
}
