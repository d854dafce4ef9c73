//! Cost of entering lines in the order of time: each one belongs to another of 500,000 parties.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use divan::{Bencher, black_box};
use idip_numerics::purchase_book::{Line, LineKind, PurchaseBook};

const N_PARTIES: usize = 500_000;
const N_LINES: usize = 4_000_000;

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
    let line = |row: usize, cents: usize, place: u32| Line {
        kind: LineKind::Sale,
        day: (row * 700 / N_LINES) as i32,
        cents: cents as i64,
        discount: Some(0),
        basket: None,
        category: Some(place % 12),
        channel: Some(place % 4),
    };
    (0..N_LINES).map(|row| (below(N_PARTIES), line(row, below(10_000), below(48) as u32))).unzip()
}

fn book(parties: &[usize], lines: &[Line]) -> PurchaseBook {
    let mut book = PurchaseBook::default();
    for (&party, line) in parties.iter().zip(lines) {
        book.enter(party, line).expect("small sums");
    }
    book
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn enter_four_million_lines(bencher: Bencher) {
    let (parties, lines) = lines();
    bencher.bench_local(|| black_box(book(&parties, &lines).bytes()));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn close_four_million_lines(bencher: Bencher) {
    let (parties, lines) = lines();
    bencher
        .with_inputs(|| book(&parties, &lines))
        .bench_local_values(|mut book| book.close(N_PARTIES).expect("small sums"));
}
