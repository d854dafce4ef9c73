use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;

/// Value in millionths, cost in cents, offer.
type Row = (i64, u32, u32);

fn table(parties: &[Vec<Row>]) -> CandidateTable {
    let mut table = CandidateTable::default();
    for (party, rows) in parties.iter().enumerate() {
        for &(value_micros, cost_cents, offer) in rows {
            let value = value_micros as f64 / 1e6;
            table.push(offer, value, i64::from(cost_cents)).expect("a valid candidate");
        }
        table.end_party(party as u64);
    }
    table
}

fn resources(budget_cents: Option<i64>, stock: &[Option<u64>]) -> Resources {
    Resources { budget_cents, stock: stock.to_vec() }
}

/// Checks every promise that needs no knowledge of the optimum.
fn check(candidates: &CandidateTable, resources: &Resources, found: &Allocation) {
    let (mut value, mut spend, mut used) = (0, 0, vec![0; resources.stock.len()]);
    assert_eq!(found.chosen.len(), candidates.n_parties());
    for (party, place) in found.chosen.iter().enumerate() {
        let Some(place) = place else { continue };
        let candidate = candidates.party(party)[*place as usize];
        assert!(candidate.value_micros > 0, "a candidate without value was chosen");
        value += candidate.value_micros;
        spend += i64::from(candidate.cost_cents);
        used[candidate.offer as usize] += 1;
    }
    assert_eq!((value, spend, &used), (found.value_micros, found.spend_cents, &found.used));
    assert!(resources.budget_cents.is_none_or(|budget| spend <= budget), "budget passed");
    for (used, stock) in used.iter().zip(&resources.stock) {
        assert!(stock.is_none_or(|stock| *used <= stock), "stock passed");
    }
    assert!(value <= found.bound_micros);
    assert!(found.budget_price >= 0.0 && found.budget_price.is_finite());
    assert!(found.stock_prices.iter().all(|price| *price >= 0.0 && price.is_finite()));
}

/// The best value by trying everything.
fn brute_force(parties: &[Vec<Row>], budget: i64, stock: &mut [u64]) -> i64 {
    let Some((rows, others)) = parties.split_first() else { return 0 };
    let mut best = brute_force(others, budget, stock);
    for &(value, cost, offer) in rows {
        if i64::from(cost) <= budget && stock[offer as usize] > 0 {
            stock[offer as usize] -= 1;
            best = best.max(value + brute_force(others, budget - i64::from(cost), stock));
            stock[offer as usize] += 1;
        }
    }
    best
}

/// Largest value first, whatever it costs: what a spreadsheet does.
fn greedy_by_value(parties: &[Vec<Row>], mut budget: i64, stock: &[u64]) -> i64 {
    let mut stock = stock.to_vec();
    let mut rows: Vec<(Row, usize)> = parties
        .iter()
        .enumerate()
        .flat_map(|(party, rows)| rows.iter().map(move |&row| (row, party)))
        .collect();
    rows.sort_by_key(|&((value, ..), party)| (-value, party));
    let mut served = vec![false; parties.len()];
    let mut total = 0;
    for ((value, cost, offer), party) in rows {
        let fits = i64::from(cost) <= budget && stock[offer as usize] > 0;
        if value > 0 && fits && !served[party] {
            served[party] = true;
            budget -= i64::from(cost);
            stock[offer as usize] -= 1;
            total += value;
        }
    }
    total
}

fn problems(
    n_parties: std::ops::Range<usize>,
    budget: i64,
    stock: u64,
) -> impl Strategy<Value = (Vec<Vec<Row>>, i64, Vec<u64>)> {
    let rows = prop::collection::vec((-20_i64..100, 0_u32..40, 0_u32..3), 0..4);
    let rows = rows.prop_map(|rows| {
        rows.into_iter().map(|(value, cost, offer)| (value * 100_000, cost, offer)).collect()
    });
    let stock = prop::collection::vec(0..stock, 3);
    (prop::collection::vec(rows, n_parties), 0..budget, stock)
}

fn tiny() -> impl Strategy<Value = (Vec<Vec<Row>>, i64, Vec<u64>)> {
    problems(0..7, 150, 4)
}

/// Too many candidates to be searched exhaustively.
fn middling() -> impl Strategy<Value = (Vec<Vec<Row>>, i64, Vec<u64>)> {
    problems(800..1_200, 12_000, 400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn tiny_problems_are_solved_to_the_optimum(
        (parties, budget, stock) in tiny(),
    ) {
        let candidates = table(&parties);
        let limits = resources(Some(budget), &stock.iter().copied().map(Some).collect::<Vec<_>>());
        let found = allocate(&candidates, &limits).expect("is solved");
        check(&candidates, &limits, &found);
        let optimum = brute_force(&parties, budget, &mut stock.clone());
        prop_assert_eq!((found.value_micros, found.bound_micros), (optimum, optimum));
        prop_assert!(found.value_micros >= greedy_by_value(&parties, budget, &stock));
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn middling_problems_are_feasible_bounded_and_no_worse_than_greedy(
        (parties, budget, stock) in middling(),
    ) {
        let candidates = table(&parties);
        let limits = resources(Some(budget), &stock.iter().copied().map(Some).collect::<Vec<_>>());
        let found = allocate(&candidates, &limits).expect("is solved");
        check(&candidates, &limits, &found);
        prop_assert!(found.value_micros >= greedy_by_value(&parties, budget, &stock));
        prop_assert!(found.relative_gap() < 0.02, "{}", found.relative_gap());
    }

    #[test]
    fn without_limits_everybody_gets_the_best((parties, ..) in tiny()) {
        let candidates = table(&parties);
        let limits = resources(None, &[None; 3]);
        let found = allocate(&candidates, &limits).expect("is solved");
        check(&candidates, &limits, &found);
        let best = parties.iter().map(|rows| rows.iter().map(|row| row.0).max().unwrap_or(0).max(0));
        prop_assert_eq!(found.value_micros, best.sum::<i64>());
        prop_assert_eq!(found.relative_gap().to_bits(), 0);
    }
}

/// A shop of `n_parties`, each of whom may get most of 20 offers at correlated values.
fn shop(n_parties: usize, seed: u64) -> (CandidateTable, Resources) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let offers: Vec<(f64, f64)> =
        (0..20).map(|_| (rng.gen_range(0.2..3.0), rng.gen_range(50.0..900.0))).collect();
    let mut candidates = CandidateTable::default();
    for _ in 0..n_parties {
        let worth = (rng.gen_range(-2.0..1.5_f64) + rng.gen_range(-1.0..1.0_f64)).exp();
        for (offer, (appeal, cost)) in offers.iter().enumerate() {
            if rng.gen_bool(0.85) {
                let value = worth * appeal * rng.gen_range(0.1..2.0) - 0.05;
                let cost = cost * rng.gen_range(0.8..1.2);
                candidates.push(offer as u32, value, cost as i64).expect("a valid candidate");
            }
        }
        candidates.end_party(rng.r#gen());
    }
    let n = n_parties as u64;
    let stock =
        (0..20).map(|offer| (offer % 4 != 3).then_some(n / (8 + 4 * (offer % 5)))).collect();
    (candidates, Resources { budget_cents: Some(n_parties as i64 * 110), stock })
}

#[test]
fn a_shop_is_solved_to_within_a_ten_thousandth() {
    // Above 40,000 parties prices are first found on a sample.
    for (n_parties, gap) in [(500, 2e-3), (5_000, 2e-4), (45_000, 1e-4)] {
        let (candidates, limits) = shop(n_parties, 7);
        let found = allocate(&candidates, &limits).expect("is solved");
        check(&candidates, &limits, &found);
        assert!(found.relative_gap() <= gap, "{n_parties}: {}", found.relative_gap());
        assert!(found.budget_price > 0.0);
    }
}

#[test]
fn prices_are_what_a_little_more_would_bring() {
    // Ten parties value the only offer at 1 to 10; four pieces: 10 + 9 + 8 + 7. The fifth piece
    // would bring 6, the fourth brought 7.
    let parties: Vec<Vec<Row>> = (1..=10).map(|value| vec![(value * 1_000_000, 0, 0)]).collect();
    let found = allocate(&table(&parties), &resources(None, &[Some(4)])).expect("is solved");
    assert_eq!((found.value_micros, found.bound_micros), (34_000_000, 34_000_000));
    assert!((6.0 - 1e-3..=7.0 + 1e-3).contains(&found.stock_prices[0]), "{found:?}");
    assert_eq!(found.chosen.iter().filter(|chosen| chosen.is_some()).count(), 4);
}

#[test]
fn among_equal_parties_the_tie_key_decides() {
    let mut candidates = CandidateTable::default();
    for tie_key in [5, 1, 4, 2, 3] {
        candidates.push(0, 2.0, 100).expect("a valid candidate");
        candidates.end_party(tie_key);
    }
    let found = allocate(&candidates, &resources(Some(299), &[None])).expect("is solved");
    assert_eq!(found.chosen, [None, Some(0), None, Some(0), None]);
    assert_eq!(found.spend_cents, 200);
}

#[test]
fn many_equal_parties_share_what_there_is() {
    // 3,000 parties of three kinds, each kind indifferent between two of three offers.
    let kinds: [Vec<Row>; 3] = [
        vec![(5_000_000, 100, 0), (5_000_000, 100, 1)],
        vec![(5_000_000, 100, 1), (5_000_000, 100, 2)],
        vec![(5_000_000, 100, 2), (5_000_000, 100, 0)],
    ];
    let parties: Vec<Vec<Row>> = (0..3_000).map(|party| kinds[party % 3].clone()).collect();
    let limits = resources(Some(240_000), &[Some(900), Some(700), Some(800)]);
    let candidates = table(&parties);
    let found = allocate(&candidates, &limits).expect("is solved");
    check(&candidates, &limits, &found);
    assert_eq!(found.value_micros, 2_400 * 5_000_000); // every cent and piece is used
    assert!(found.relative_gap() < 1e-5, "{}", found.relative_gap());
}

#[test]
fn equal_values_at_scale_lose_less_than_a_thousandth() {
    // Twelve kinds of parties, five offers, all scarce, and a budget that serves a third.
    let parties: Vec<Vec<Row>> = (0..6_000_u32)
        .map(|party| {
            let kind = i64::from(party * 7 % 12);
            (0..5).map(|j| ((kind + 3) * (i64::from(j) + 2) * 100_000, 90 + 70 * j, j)).collect()
        })
        .collect();
    let limits = resources(Some(400_000), &[Some(900), Some(400), Some(600), Some(500), Some(300)]);
    let candidates = table(&parties);
    let found = allocate(&candidates, &limits).expect("is solved");
    check(&candidates, &limits, &found);
    assert!(found.relative_gap() < 1e-3, "{} {found:?}", found.relative_gap());
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let (candidates, limits) = shop(12_000, 3);
    let with_threads = |n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
        pool.install(|| allocate(&candidates, &limits)).expect("is solved")
    };
    assert_eq!(with_threads(1), with_threads(3));
}

#[test]
fn nothing_to_give_or_nobody_to_give_it_to_is_no_error() {
    let one = table(&[vec![(5_000_000, 10, 0), (1_000_000, 0, 0)]]);
    let broke = allocate(&one, &resources(Some(0), &[Some(1)])).expect("is solved");
    assert_eq!((broke.chosen, broke.spend_cents), (vec![Some(1)], 0)); // what costs nothing
    let empty = allocate(&one, &resources(None, &[Some(0)])).expect("is solved");
    assert_eq!((empty.chosen, empty.bound_micros), (vec![None], 0));
    let bad = table(&[vec![(-1, 0, 0), (0, 0, 0)], vec![]]);
    let bad = allocate(&bad, &resources(Some(9), &[Some(1)])).expect("is solved");
    assert_eq!((bad.chosen, bad.bound_micros), (vec![None, None], 0));
    let nobody = allocate(&CandidateTable::default(), &resources(None, &[])).expect("is solved");
    assert_eq!((nobody.value_micros, nobody.relative_gap().to_bits()), (0, 0));
}

#[test]
fn what_is_no_number_or_no_offer_is_named() {
    let mut candidates = CandidateTable::default();
    candidates.end_party(0);
    for value in [f64::NAN, f64::INFINITY, -1.1e9] {
        let error = candidates.push(2, value, 10).expect_err("is refused");
        assert!(matches!(error, AllocationError::Value { party: 1, offer: 2, .. }), "{error}");
    }
    let error = candidates.push(2, 1.0, -1).expect_err("is refused");
    assert_eq!(
        error.to_string(),
        "candidate offer 2 of party 1 costs -1 cents, expected 0 to 2^32 - 1"
    );
    candidates.push(2, 1.0, 10).expect("a valid candidate");
    candidates.end_party(1);
    let error = |limits| allocate(&candidates, &limits).expect_err("is refused").to_string();
    assert_eq!(
        error(resources(None, &[None, None])),
        "party 1 has candidate offer 2, expected below 2"
    );
    assert_eq!(
        error(resources(Some(-5), &[None; 3])),
        "the budget is -5 cents, expected 0 or more"
    );
}

/// A thousand parties whose candidates exist only while they are looked at.
struct OnTheFly;

impl Candidates for OnTheFly {
    fn n_parties(&self) -> usize {
        1_000
    }

    fn of_party<'a>(&'a self, party: usize, scratch: &'a mut Vec<Candidate>) -> &'a [Candidate] {
        scratch.clear();
        scratch.extend((0..3).map(|offer| Candidate {
            value_micros: (party as i64 * 37 % 101 + 1) * (i64::from(offer) + 1) * 10_000,
            cost_cents: 20 + 30 * offer,
            offer,
        }));
        scratch
    }
}

#[test]
fn computed_and_stored_candidates_are_allocated_alike() {
    let mut scratch = Vec::new();
    let parties: Vec<Vec<Row>> = (0..1_000)
        .map(|party| {
            let candidates = OnTheFly.of_party(party, &mut scratch).iter();
            candidates.map(|c| (c.value_micros, c.cost_cents, c.offer)).collect()
        })
        .collect();
    let limits = resources(Some(30_000), &[None, Some(300), Some(150)]);
    let stored = allocate(&table(&parties), &limits).expect("is solved");
    check(&table(&parties), &limits, &stored);
    assert_eq!(allocate(&OnTheFly, &limits).expect("is solved"), stored);
}
