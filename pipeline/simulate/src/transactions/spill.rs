//! Transactions on disk between being drawn, by customer, and being written, by time.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use super::model::Transaction;

/// Bytes of one transaction on disk.
const BYTES: usize = 26;
/// Buffer of one part; with 40 parts, 10 MB in all.
const BUFFER: usize = 256 << 10;

/// Parts of the window, one nameless file each: the system removes them whatever happens.
#[derive(Debug)]
pub(super) struct Spill {
    parts: Vec<BufWriter<File>>,
}

impl Spill {
    /// Opens the parts in a folder.
    pub(super) fn new(folder: &Path, n_parts: usize) -> std::io::Result<Self> {
        let open = |_| Ok(BufWriter::with_capacity(BUFFER, tempfile::tempfile_in(folder)?));
        Ok(Self { parts: (0..n_parts).map(open).collect::<std::io::Result<_>>()? })
    }

    /// Puts a transaction into its part.
    pub(super) fn push(&mut self, transaction: &Transaction) -> std::io::Result<()> {
        let part = transaction.part(self.parts.len());
        match self.parts.get_mut(part) {
            Some(part) => part.write_all(&encode(transaction)),
            None => Ok(()),
        }
    }

    /// The parts, to be read one after the other.
    pub(super) fn into_parts(self) -> impl Iterator<Item = std::io::Result<Vec<Transaction>>> {
        self.parts.into_iter().map(|part| {
            let mut file = part.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            let rows = file.stream_position()? as usize / BYTES;
            file.rewind()?;
            let mut reader = BufReader::with_capacity(BUFFER, file);
            let mut transactions = Vec::with_capacity(rows);
            let mut bytes = [0; BYTES];
            for _ in 0..rows {
                reader.read_exact(&mut bytes)?;
                transactions.push(decode(&bytes));
            }
            transactions.sort_unstable();
            Ok(transactions)
        })
    }
}

fn encode(it: &Transaction) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    let (micros, rest) = bytes.split_at_mut(8);
    micros.copy_from_slice(&it.micros.to_le_bytes());
    for (slot, value) in rest.chunks_exact_mut(4).zip([it.customer, it.amount, it.discount]) {
        slot.copy_from_slice(&value.to_le_bytes());
    }
    let [low, high] = it.product.to_le_bytes();
    let small = [low, high, it.category, it.channel, it.store, it.quantity];
    for (slot, value) in rest.iter_mut().skip(12).zip(small) {
        *slot = value;
    }
    bytes
}

fn decode(bytes: &[u8; BYTES]) -> Transaction {
    let [
        m0,
        m1,
        m2,
        m3,
        m4,
        m5,
        m6,
        m7,
        c0,
        c1,
        c2,
        c3,
        a0,
        a1,
        a2,
        a3,
        d0,
        d1,
        d2,
        d3,
        p0,
        p1,
        category,
        channel,
        store,
        quantity,
    ] = *bytes;
    Transaction {
        micros: i64::from_le_bytes([m0, m1, m2, m3, m4, m5, m6, m7]),
        customer: u32::from_le_bytes([c0, c1, c2, c3]),
        amount: u32::from_le_bytes([a0, a1, a2, a3]),
        discount: u32::from_le_bytes([d0, d1, d2, d3]),
        product: u16::from_le_bytes([p0, p1]),
        category,
        channel,
        store,
        quantity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_come_back_in_order_of_time_and_none_is_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut model = super::super::model::Model::new(9, 10.0);
        let mut spill = Spill::new(folder.path(), 5).expect("opens");
        let mut drawn = Vec::new();
        for customer in 0..200 {
            model
                .customer(customer, &mut |it| {
                    drawn.push(it);
                    spill.push(&it)
                })
                .expect("writes");
        }
        let parts: Vec<_> = spill.into_parts().map(|part| part.expect("reads")).collect();
        assert!(parts.iter().all(|part| !part.is_empty()));
        drawn.sort_unstable();
        assert_eq!(parts.concat(), drawn);
        assert_eq!(fs_err::read_dir(folder.path()).expect("reads").count(), 0);
    }
}
