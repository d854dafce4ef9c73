//! Cost of entering lines in the order of time: each one belongs to another of 500,000 parties.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use divan::{Bencher, black_box};
use idip_numerics::purchase_book::{Line, LineKind, PurchaseBook};

const N_PARTIES: usize = 500_000;
const N_LINES: usize = 4_000_000;

/// Rows of a batch of the engine.
const BATCH: usize = 8192;

fn main() {
    divan::main();
}

fn lines() -> (Vec<usize>, Vec<Line>) {
    let mut state = 88_172_645_463_325_252_u64;
    let mut below = move |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % n
    };
    let line = |row: usize, cents: usize, place: usize| Line {
        kind: LineKind::Sale,
        day: (row * 700 / N_LINES) as i32,
        cents: cents as i64,
        discount: Some(0),
        basket: None,
        category: Some(place % 12),
        channel: Some(place % 4),
    };
    (0..N_LINES).map(|row| (below(N_PARTIES), line(row, below(10_000), below(48)))).unzip()
}

/// By the number of lines whose parties are fetched together; 1 fetches none.
#[divan::bench(args = [1, 128, 256, 512], sample_count = 3, sample_size = 1)]
fn four_million_lines(bencher: Bencher, near: usize) {
    let (parties, lines) = lines();
    bencher.bench_local(|| {
        let mut book = PurchaseBook::new(12, 4);
        for (parties, lines) in parties.chunks(BATCH).zip(lines.chunks(BATCH)) {
            book.grow(N_PARTIES);
            for (parties, lines) in parties.chunks(near).zip(lines.chunks(near)) {
                if near > 1 {
                    book.fetch(parties);
                }
                for (&party, line) in parties.iter().zip(lines) {
                    book.enter(party, line).expect("small sums");
                }
            }
        }
        black_box(book.bytes())
    });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn close_four_million_lines(bencher: Bencher) {
    let (parties, lines) = lines();
    bencher
        .with_inputs(|| {
            let mut book = PurchaseBook::new(12, 4);
            for (&party, line) in parties.iter().zip(&lines) {
                book.enter(party, line).expect("small sums");
            }
            book
        })
        .bench_local_values(|mut book| book.close(N_PARTIES).expect("small sums"));
}
