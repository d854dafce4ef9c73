use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

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
    let mut book = PurchaseBook::new(2, 2);
    let enter = |book: &mut PurchaseBook, party, line: Line| book.enter(party, &line).unwrap();
    enter(&mut book, 1, sale(10, 500, Some(8)));
    enter(&mut book, 1, sale(10, 250, Some(8)));
    enter(&mut book, 1, Line { category: Some(1), discount: Some(40), ..sale(10, 100, Some(16)) });
    enter(&mut book, 1, Line { kind: LineKind::Return, ..sale(10, -500, Some(8)) });
    enter(&mut book, 1, Line { kind: LineKind::Adjustment, ..sale(12, -3, None) });
    enter(&mut book, 1, sale(9, 70, None));
    enter(&mut book, 0, Line { kind: LineKind::Return, discount: Some(9), ..sale(11, -80, None) });
    assert_eq!(
        book.close(2).unwrap(),
        Purchases {
            day_ends: vec![1, 3],
            days: vec![11, 9, 10],
            day_cents: vec![-80, 70, 350],
            day_baskets: vec![0, 1, 2],
            sale_lines: vec![0, 4],
            return_lines: vec![1, 1],
            adjustment_lines: vec![0, 1],
            sale_cents: vec![0, 920],
            return_cents: vec![-80, -500],
            adjustment_cents: vec![0, -3],
            discount_cents: vec![None, Some(40)],
            category_cents: vec![0, 0, 820, 100],
            channel_lines: vec![0, 0, 0, 4],
        }
    );
    assert_eq!((book.n_parties(), book.bytes()), (0, 0));
}

#[test]
fn money_past_64_bits_is_told() {
    let mut book = PurchaseBook::new(0, 0);
    let line = Line { category: None, channel: None, ..sale(1, i64::MAX / 2, None) };
    assert_eq!(book.enter(0, &line), Ok(()));
    assert_eq!(book.enter(0, &line), Err(TooLarge));
}

fn lines() -> impl Strategy<Value = Vec<(usize, Line)>> {
    let kind = prop_oneof![
        4 => Just(LineKind::Sale),
        1 => Just(LineKind::Return),
        1 => Just(LineKind::Adjustment)
    ];
    let basket = prop_oneof![Just(None), (1_u64..4).prop_map(|name| Some(name << 2))];
    let place = || prop_oneof![Just(None), (0_usize..3).prop_map(Some)];
    let discount = prop_oneof![Just(None), (0_i64..90).prop_map(Some)];
    let line = (0_usize..5, kind, 0_i32..6, -900_i64..900, discount, basket, place(), place());
    let line = line.prop_map(|(party, kind, day, cents, discount, basket, category, channel)| {
        (party, Line { kind, day, cents, discount, basket, category, channel })
    });
    proptest::collection::vec(line, 0..80)
}

fn booked(lines: &[(usize, Line)]) -> PurchaseBook {
    let mut book = PurchaseBook::new(3, 3);
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
        let days: Vec<i32> = plain.keys().map(|key| key.1).collect();
        let cents: Vec<i64> = plain.values().map(|day| day.0).collect();
        let baskets: Vec<i32> = plain.values().map(|day| day.1.len() as i32).collect();
        prop_assert_eq!(&purchases.days, &days);
        prop_assert_eq!(&purchases.day_cents, &cents);
        prop_assert_eq!(&purchases.day_baskets, &baskets);
        prop_assert_eq!(purchases.day_ends.len(), 5);
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
            let unmerged = kept.close_unmerged(n).unwrap();
            let mut start = 0;
            for (party, end) in unmerged.ends.iter().enumerate() {
                for visit in &unmerged.visits[start..*end] {
                    book.enter_visit(from + party, *visit).unwrap();
                }
                let sums = &unmerged.sums[party * unmerged.width..][..unmerged.width];
                book.add_sums(from + party, sums).unwrap();
                start = *end;
            }
        }
        prop_assert_eq!(book.close(5).unwrap(), whole);
    }
}
