use arrow_array::{Array, BooleanArray, Date32Array, Decimal128Array, Int64Array};
use proptest::prelude::*;

use super::*;
use crate::{CATALOGUE, Direction};

fn decimals(values: impl IntoIterator<Item = Option<i128>>) -> Decimal128Array {
    values.into_iter().collect::<Decimal128Array>().with_precision_and_scale(18, 2).expect("fits")
}

/// Two segments. `gold`: 4 customers; `no purchases`: 6 prospects.
fn activity() -> segment_activity::Columns {
    let ints = |gold: i64, none: i64| Int64Array::from(vec![gold, none]);
    let money = |gold: i128| decimals([Some(gold), Some(0)]);
    segment_activity::Columns {
        value_segment_id: ints(1, 0),
        value_segment: vec!["gold", "no purchases"].into(),
        n_parties: ints(4, 6),
        n_customers: ints(4, 0),
        n_active: ints(3, 0),
        n_prior_active: ints(2, 0),
        n_retained: ints(1, 0),
        n_repeat: ints(3, 0),
        n_new: ints(1, 0),
        n_purchase_days: ints(10, 0),
        n_baskets: ints(16, 0),
        sale_amount: money(40_000),
        return_amount: money(-2_000),
        net_amount: money(38_000),
        last_90_days_amount: money(15_000),
        prior_90_days_amount: money(12_000),
        n_nps: ints(4, 1),
        n_promoters: ints(2, 0),
        n_detractors: ints(1, 0),
        n_contact: ints(2, 1),
        n_control: ints(1, 0),
        n_none: ints(1, 5),
        n_offers: ints(2, 0),
        reserved_cost: money(450),
        expected_value: vec![12.5, 0.0].into(),
    }
}

fn sales() -> segment_sale::Columns {
    segment_sale::Columns {
        value_segment_id: vec![-1, 1].into(),
        net_amount: decimals([Some(2_000), Some(38_000)]),
        told_sale_amount: decimals([None, Some(30_000)]),
        discount_amount: decimals([None, Some(10_000)]),
    }
}

fn spread(net: &[i128], days: &[Option<f64>]) -> customer_spread::Columns {
    customer_spread::Columns {
        value_segment_id: vec![1; net.len()].into(),
        net_amount: decimals(net.iter().copied().map(Some)),
        interpurchase_median_days: days.iter().copied().collect(),
    }
}

fn outcomes(responses_known: bool) -> campaign_outcome::Columns {
    campaign_outcome::Columns {
        campaign: vec!["a", "a", "b"].into(),
        arm: vec!["treatment", "control", "treatment"].into(),
        value_segment_id: vec![1, 1, 1].into(),
        n_customers: vec![3, 1, 5].into(),
        n_redeemed: vec![1, 0, 1].into(),
        n_buyers: vec![2, 0, 3].into(),
        spend: decimals([Some(1), Some(1), Some(1)]),
        spend_squares: vec![0.0; 3].into(),
        last_sent_on: Date32Array::from(vec![0; 3]),
        responses_known: BooleanArray::from(vec![responses_known; 3]),
    }
}

fn uses(budget: Option<i128>) -> offer_use::Columns {
    offer_use::Columns {
        offer_id: vec!["(total)", "coffee"].into(),
        n_assigned: vec![2, 2].into(),
        stock: vec![None, Some(10)].into(),
        reserved_cost: decimals([Some(450), Some(450)]),
        budget: decimals([budget, None]),
        expected_value: vec![12.5, 12.5].into(),
        shadow_price: vec![None, None].into(),
    }
}

fn views(responses_known: bool, budget: Option<i128>) -> Tables {
    let spread =
        spread(&[20_000, 10_000, 6_000, 2_000], &[Some(7.0), Some(14.0), Some(30.0), None]);
    Tables::default()
        .with(&segment_activity::CONTRACT, vec![activity().into_batch().expect("activity")])
        .with(&segment_sale::CONTRACT, vec![sales().into_batch().expect("sales")])
        .with(&customer_spread::CONTRACT, vec![spread.into_batch().expect("spread")])
        .with(
            &campaign_outcome::CONTRACT,
            vec![outcomes(responses_known).into_batch().expect("outcomes")],
        )
        .with(&offer_use::CONTRACT, vec![uses(budget).into_batch().expect("uses")])
}

fn run(goals: Vec<Goal>, views: &Tables) -> (kpi::Columns, goal_result::Columns) {
    let context = RunContext { logical_date: 20_000, seed: 0, currency: "EUR".into() };
    let written = KeyFigures { goals }.run(&context, views).expect("runs");
    let kpis = written.batch(&kpi::CONTRACT).expect("is written");
    let goals = written.batch(&goal_result::CONTRACT).expect("is written");
    (
        kpi::Columns::parse(&kpis).expect("keeps its contract"),
        goal_result::Columns::parse(&goals).expect("keeps its contract"),
    )
}

fn row_of(kpis: &kpi::Columns, name: &str, segment: &str) -> usize {
    (0..kpis.kpi.len())
        .find(|&row| kpis.kpi.value(row) == name && kpis.segment.value(row) == segment)
        .expect("has the figure")
}

#[test]
fn figures_by_hand() {
    let (kpis, _) = run(Vec::new(), &views(true, Some(1_000)));
    let value = |name| kpis.value.value(row_of(&kpis, name, ALL));
    let near = |name, expected: f64| {
        assert!((value(name) - expected).abs() < 1e-9, "{name}: {}", value(name));
    };
    near("parties", 10.0);
    near("customers", 4.0);
    near("prospects", 6.0);
    near("net_sales", 380.0);
    near("net_sales_change", 0.25);
    near("unattributed_sales", 20.0);
    near("attributed_share", 0.95);
    near("repeat_rate", 0.75);
    near("retention_90", 0.5);
    near("mean_basket", 25.0);
    near("purchase_days_per_customer", 2.5);
    near("interpurchase_median_days", 14.0);
    near("discount_share", 0.25);
    near("return_share", 0.05);
    // A tenth of four is rounded up to one: 200 of 380.
    near("top_decile_share", 200.0 / 380.0);
    // 2·(1·20 + 2·60 + 3·100 + 4·200)/(4·380) − 5/4.
    near("gini", 2.0 * 1_240.0 / 1_520.0 - 1.25);
    near("nps", 20.0);
    near("redemption_rate", 0.25);
    near("contacts", 3.0);
    near("control", 1.0);
    near("no_contact", 6.0);
    near("budget_use", 0.45);
    near("expected_value", 12.5);
}

#[test]
fn intervals_by_hand() {
    let (kpis, _) = run(Vec::new(), &views(true, None));
    // Wilson, 3 of 4: 0.3006 to 0.9544.
    let row = row_of(&kpis, "repeat_rate", ALL);
    assert!((kpis.ci_low.value(row) - 0.300_6).abs() < 5e-5);
    assert!((kpis.ci_high.value(row) - 0.954_4).abs() < 5e-5);
    // NPS of 2 promoters and 1 detractor among 5: variance (3/5 − 1/25)/5 = 0.112.
    let row = row_of(&kpis, "nps", ALL);
    assert!((kpis.ci_low.value(row) - (20.0 - 195.996_4 * 0.112_f64.sqrt())).abs() < 1e-3);
    assert!((kpis.ci_high.value(row) - (20.0 + 195.996_4 * 0.112_f64.sqrt())).abs() < 1e-3);
    assert!(kpis.ci_low.is_null(row_of(&kpis, "net_sales", ALL)));
}

#[test]
fn what_cannot_be_computed_is_null_and_says_why() {
    let (kpis, _) = run(Vec::new(), &views(false, None));
    let note = |name, segment| {
        let row = row_of(&kpis, name, segment);
        assert!(kpis.value.is_null(row), "{name} of {segment}");
        kpis.note.value(row).to_owned()
    };
    assert_eq!(note("budget_use", ALL), "no_budget");
    assert_eq!(note("redemption_rate", "gold"), "no_responses");
    assert_eq!(note("redemption_rate", "no purchases"), "no_past_contacts");
    assert_eq!(note("repeat_rate", "no purchases"), "no_customers");
    assert_eq!(note("retention_90", "no purchases"), "no_prior_activity");
    assert_eq!(note("discount_share", "no purchases"), "discounts_not_told");
    assert_eq!(note("mean_basket", "no purchases"), "no_sales");
    for row in 0..kpis.kpi.len() {
        assert_eq!(kpis.value.is_null(row), kpis.note.is_valid(row), "{}", kpis.kpi.value(row));
    }
}

#[test]
fn a_night_without_anybody_has_every_figure_and_no_number_that_is_not_one() {
    let empty = Tables::default()
        .with(&segment_activity::CONTRACT, vec![])
        .with(&segment_sale::CONTRACT, vec![])
        .with(&customer_spread::CONTRACT, vec![])
        .with(&campaign_outcome::CONTRACT, vec![])
        .with(&offer_use::CONTRACT, vec![]);
    let (kpis, _) = run(Vec::new(), &empty);
    assert_eq!(kpis.kpi.len(), CATALOGUE.len());
    assert!(kpis.value.iter().flatten().all(f64::is_finite));
}

#[test]
fn every_figure_is_in_the_catalogue_once_for_its_segments() {
    let (kpis, _) = run(Vec::new(), &views(true, None));
    for definition in CATALOGUE {
        let found: Vec<usize> =
            (0..kpis.kpi.len()).filter(|&row| kpis.kpi.value(row) == definition.kpi).collect();
        let expected = if definition.by_segment { 3 } else { 1 };
        assert_eq!(found.len(), expected, "{}", definition.kpi);
        assert!(found.iter().all(|&row| kpis.unit.value(row) == definition.unit));
    }
    let names: Vec<_> = kpis.kpi.iter().zip(&kpis.segment).collect();
    assert!(names.is_sorted() && names.iter().all(|(name, _)| *name != Some("")));
}

#[test]
fn a_goal_of_a_segment_is_held_against_that_segment() {
    let goal = |segment: &str, target| Goal {
        kpi: "purchase_days_per_customer".into(),
        target,
        direction: Direction::AtLeast,
        segment: segment.into(),
        baseline: None,
        due: None,
    };
    let goals = vec![goal("gold", 5.0), goal("(all)", 2.0), goal("silver", 1.0)];
    let (_, results) = run(goals, &views(true, None));
    assert_eq!(
        results.verdict.iter().flatten().collect::<Vec<_>>(),
        ["met", "not_met", "not_computable"]
    );
    assert!((results.attained.value(1) - 0.5).abs() < 1e-12);
}

proptest! {
    #[test]
    fn the_order_of_customers_moves_no_figure(net in prop::collection::vec(-500_i128..90_000, 1..40)) {
        let days: Vec<Option<f64>> =
            net.iter().map(|cents| (cents % 3 != 0).then_some(*cents as f64)).collect();
        let turned = |values: customer_spread::Columns| {
            views(true, Some(1)).with(
                &customer_spread::CONTRACT,
                vec![values.into_batch().expect("keeps its contract")],
            )
        };
        let (mut net_back, mut days_back) = (net.clone(), days.clone());
        net_back.reverse();
        days_back.reverse();
        let (one, _) = run(Vec::new(), &turned(spread(&net, &days)));
        let (other, _) = run(Vec::new(), &turned(spread(&net_back, &days_back)));
        prop_assert_eq!(one.into_batch().expect("kpi"), other.into_batch().expect("kpi"));
    }
}
