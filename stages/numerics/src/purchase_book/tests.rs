use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// The record of each party.
fn records(purchases: &Purchases) -> Vec<Record> {
    let mut start = 0;
    let ends = purchases.ends.iter();
    ends.map(|&end| {
        let mut record = Record::default();
        record.read(&purchases.records[start..end as usize]).unwrap();
        start = end as usize;
        record
    })
    .collect()
}

type Baskets = BTreeSet<Option<u64>>;

fn sale(day: i32, cents: i64, basket: Option<u64>) -> Line {
    Line {
        kind: LineKind::Sale,
        day,
        cents,
        discount: None,
        basket,
        category: Some(0),
        channel: Some(1),
    }
}

#[test]
fn lines_become_days_baskets_and_sums() {
    let mut book = PurchaseBook::default();
    let enter = |book: &mut PurchaseBook, party, line: Line| book.enter(party, &line).unwrap();
    enter(&mut book, 1, sale(10, 500, Some(8)));
    enter(&mut book, 1, sale(10, 250, Some(8)));
    enter(&mut book, 1, Line { category: Some(1), discount: Some(40), ..sale(10, 100, Some(16)) });
    enter(&mut book, 1, Line { kind: LineKind::Return, ..sale(10, -500, Some(8)) });
    enter(&mut book, 1, Line { kind: LineKind::Adjustment, ..sale(12, -3, None) });
    enter(&mut book, 1, sale(9, 70, None));
    enter(&mut book, 0, Line { kind: LineKind::Return, discount: Some(9), ..sale(11, -80, None) });
    let purchases = book.close(2).unwrap();
    let day = |on, cents, baskets| Day { on, cents, baskets };
    let part = |place, amount| Part { place, amount };
    assert_eq!(
        records(&purchases),
        [
            Record {
                days: vec![day(11, -80, 0)],
                return_lines: 1,
                return_cents: -80,
                ..Record::default()
            },
            Record {
                category_cents: vec![part(0, 820), part(1, 100)],
                channel_lines: vec![part(1, 4)],
                days: vec![day(9, 70, 1), day(10, 350, 2)],
                sale_lines: 4,
                return_lines: 1,
                sale_cents: 920,
                return_cents: -500,
                discount_cents: Some(40),
            },
        ]
    );
    assert_eq!((purchases.sale_lines, purchases.sale_cents), (vec![0, 4], vec![0, 920]));
    assert_eq!(purchases.return_cents, [-80, -500]);
    assert_eq!(purchases.discount_cents, [None, Some(40)]);
    assert_eq!((book.n_parties(), book.bytes()), (0, 0));
}

#[test]
fn money_past_64_bits_is_told() {
    let line = Line { category: None, channel: None, ..sale(1, i64::MAX / 2, None) };
    let mut book = PurchaseBook::default();
    book.enter(0, &line).unwrap();
    assert_eq!(book.close(1).map(|purchases| purchases.sale_cents), Ok(vec![i64::MAX / 2]));
    for _ in 0..3 {
        book.enter(0, &line).unwrap();
    }
    assert_eq!(book.close(1), Err(TooLarge));
}

fn lines() -> impl Strategy<Value = Vec<(usize, Line)>> {
    let kind = prop_oneof![
        4 => Just(LineKind::Sale),
        1 => Just(LineKind::Return),
        1 => Just(LineKind::Adjustment)
    ];
    let basket = prop_oneof![Just(None), (1_u64..4).prop_map(|name| Some(name << 2))];
    let place = || prop_oneof![Just(None), (0_u32..3).prop_map(Some)];
    let discount = prop_oneof![Just(None), (0_i64..90).prop_map(Some)];
    let line = (0_usize..5, kind, 0_i32..6, -900_i64..900, discount, basket, place(), place());
    let line = line.prop_map(|(party, kind, day, cents, discount, basket, category, channel)| {
        (party, Line { kind, day, cents, discount, basket, category, channel })
    });
    proptest::collection::vec(line, 0..80)
}

fn booked(lines: &[(usize, Line)]) -> PurchaseBook {
    let mut book = PurchaseBook::default();
    book.grow(5);
    for (party, line) in lines {
        book.enter(*party, line).unwrap();
    }
    book
}

proptest! {
    #[test]
    fn days_and_baskets_are_those_of_a_plain_count(lines in lines()) {
        let purchases = booked(&lines).close(5).unwrap();
        let mut plain: BTreeMap<(usize, i32), (i64, Baskets)> = BTreeMap::new();
        for (party, line) in &lines {
            if line.kind == LineKind::Adjustment {
                continue;
            }
            let day = plain.entry((*party, line.day)).or_default();
            day.0 += line.cents;
            if line.kind == LineKind::Sale {
                day.1.insert(line.basket);
            }
        }
        let plain: Vec<(usize, Day)> = plain
            .into_iter()
            .map(|((party, on), (cents, baskets))| {
                (party, Day { on, cents, baskets: baskets.len() as i64 })
            })
            .collect();
        let booked: Vec<(usize, Day)> = (0..)
            .zip(records(&purchases))
            .flat_map(|(party, record)| record.days.into_iter().map(move |day| (party, day)))
            .collect();
        prop_assert_eq!(booked, plain);
        prop_assert_eq!(purchases.ends.len(), 5);
    }

    #[test]
    fn neither_order_nor_a_stop_between_changes_the_book(
        lines in lines().prop_shuffle(),
        sorted in any::<bool>(),
        stop in 0_usize..80,
        first in 0_usize..6,
    ) {
        let whole = booked(&lines).close(5).unwrap();
        let mut other = lines;
        if sorted {
            other.sort_by_key(|(_, line)| line.day);
        }
        let (before, after) = other.split_at(stop.min(other.len()));
        let mut book = booked(after);
        let mut kept = booked(before);
        let first = first.min(5);
        for (from, n) in [(0, first), (first, 5)] {
            go_on(&mut book, from, &kept.close_unmerged(n).unwrap());
        }
        prop_assert_eq!(book.close(5).unwrap(), whole);
    }
}

/// Enters what another book held of the parties from `from` on.
fn go_on(book: &mut PurchaseBook, from: usize, unmerged: &Unmerged) {
    let mut start = 0;
    for (party, &end) in unmerged.ends.iter().enumerate() {
        let bytes = &unmerged.bytes[start..end as usize];
        book.enter_unmerged(from + party, bytes).unwrap();
        start = end as usize;
    }
}

#[test]
fn bytes_that_no_book_wrote_are_refused() {
    let mut book = PurchaseBook::default();
    book.enter(0, &sale(10, 500, Some(8))).unwrap();
    let Unmerged { bytes, .. } = book.close_unmerged(1).unwrap();
    for cut in 0..bytes.len() {
        let error = book.enter_unmerged(0, &bytes[..cut]);
        assert_eq!(error, Err(NotEntered::NoRecord(NoRecord)));
    }
    book.enter_unmerged(0, &bytes).unwrap();
    let days = records(&book.close(1).unwrap()).pop().map(|record| record.days);
    assert_eq!(days, Some(vec![Day { on: 10, cents: 500, baskets: 1 }]));
}

/// So many lines of so many parties that blocks are settled on the way, several times.
fn many_lines() -> Vec<(usize, Line)> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut below = move |n: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % n
    };
    let mut line = |row: u64| {
        let kind = match below(9) {
            0 => LineKind::Return,
            1 => LineKind::Adjustment,
            _ => LineKind::Sale,
        };
        let channel = Some(below(3) as u32);
        // The later, the more categories.
        let category = Some(below(1 + row / 20_000) as u32);
        let cents = below(1_000) as i64;
        let line = Line { kind, category, channel, ..sale(below(40) as i32, cents, None) };
        (below(1_300) as usize, line)
    };
    (0..150_000).map(&mut line).collect()
}

#[test]
fn many_lines_come_to_the_same_in_any_order_and_over_any_stop() {
    let lines = many_lines();
    let book = |lines: &[(usize, Line)]| {
        let mut book = PurchaseBook::default();
        for (party, line) in lines {
            book.enter(*party, line).unwrap();
        }
        book
    };
    let whole = book(&lines).close(1_300).unwrap();
    assert_eq!(whole.ends.len(), 1_300);
    let sales = lines.iter().filter(|(_, line)| line.kind == LineKind::Sale);
    assert_eq!(whole.sale_lines.iter().sum::<i64>(), sales.clone().count() as i64);
    let money = sales.map(|(_, line)| line.cents).sum::<i64>();
    let parts = records(&whole).into_iter().flat_map(|record| record.category_cents);
    assert_eq!(parts.map(|part| part.amount).sum::<i64>(), money);
    let mut sorted = lines.clone();
    sorted.sort_by_key(|(party, line)| (*party, line.day));
    assert_eq!(book(&sorted).close(1_300).unwrap(), whole);
    // One named basket in the middle, of a party of its own, has all lines held in another way.
    let mut named = lines.clone();
    named.insert(70_000, (1_300, sale(3, 5, Some(8))));
    let mut other = book(&named);
    assert_eq!(other.close(1_300).unwrap(), whole);
    assert_eq!(other.close(1).unwrap().sale_cents, [5]);
    let (before, after) = lines.split_at(60_000);
    let (mut kept, mut on) = (book(before), book(after));
    for (from, n) in [(0, 1_100), (1_100, 200)] {
        go_on(&mut on, from, &kept.close_unmerged(n).unwrap());
    }
    assert_eq!(on.close(1_300).unwrap(), whole);
}
