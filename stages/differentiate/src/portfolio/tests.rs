use arrow_array::{Array, Date32Array, Int64Array, RecordBatch};
use idip_schemas::differentiate::segment;

use super::*;
use crate::testing::money;

const AS_OF: i32 = 1000;

/// Three customers with 60.00, 30.00 and 10.00, one who brought more back, and a prospect.
fn input() -> Tables {
    let features = portfolio_feature::Columns {
        customer_id: vec![1, 2, 3, 4, 5].into(),
        purchase_days: vec![6, 3, 1, 1, 0].into(),
        net_amount: money([6000, 3000, 1000, -500, 0]),
        last_90_days_amount: money([3000, 500, 0, 0, 0]),
        prior_90_days_amount: money([2000, 1000, 0, 0, 0]),
        campaign_contacts: Int64Array::from(vec![Some(2), Some(2), Some(0), Some(0), Some(0)]),
        contacts_out: Int64Array::from(vec![None; 5]),
    };
    let segments = portfolio_segment::Columns {
        customer_id: vec![1, 2, 3, 4, 5].into(),
        value_segment_id: vec![1, 2, 2, 2, 0].into(),
        need_segment_id: vec![0; 5].into(),
        rfm_segment: vec!["champions", "loyal", "loyal", "loyal", "no_purchases"].into(),
    };
    let loyalty = portfolio_loyalty::Columns {
        customer_id: vec![1, 2, 3, 4, 5].into(),
        loyalty_level_number: vec![2, 1, 0, 0, 0].into(),
        last_loyalty_level_number: Int64Array::from(vec![Some(2), Some(2), Some(0), Some(1), None]),
        mutual_loyalty: vec![Some(0.5), Some(0.3), Some(0.0), Some(0.0), Some(0.2)].into(),
        is_recurrent: vec![true, false, false, false, false].into(),
        lifecycle_state: vec!["loyal", "active", "new", "new", "prospect"].into(),
        last_lifecycle_state: vec![Some("loyal"), Some("new"), Some("new"), Some("new"), None]
            .into(),
        first_campaign_on: Date32Array::from(vec![Some(900), Some(960), Some(990), None, None]),
        first_response_days: vec![Some(10), Some(40), Some(1), None, None].into(),
    };
    let advocacy = portfolio_advocacy::Columns {
        customer_id: vec![1, 2, 3, 4, 5].into(),
        n_mentions: vec![Some(2), Some(0), Some(0), Some(0), Some(7)].into(),
        is_ambassador: vec![Some(true), Some(false), Some(false), Some(false), Some(false)].into(),
        has_address: vec![true, true, true, false, true].into(),
        has_consent: vec![Some(true), Some(true), None, Some(true), None].into(),
    };
    let batches =
        [features.into_batch(), segments.into_batch(), loyalty.into_batch(), advocacy.into_batch()];
    let batches = batches.map(|batch| vec![batch.expect("keeps its contract")]);
    INPUT
        .into_iter()
        .zip(batches)
        .fold(Tables::default(), |tables, (contract, batches)| tables.with(contract, batches))
}

const INPUT: [&TableContract; 4] = [
    &portfolio_feature::CONTRACT,
    &portfolio_segment::CONTRACT,
    &portfolio_loyalty::CONTRACT,
    &portfolio_advocacy::CONTRACT,
];

/// The input with each table as `change` makes it.
fn changed(change: impl Fn(&'static TableContract, RecordBatch) -> Vec<RecordBatch>) -> Tables {
    let input = input();
    INPUT.into_iter().fold(Tables::default(), |tables, contract| {
        let batch = input.batch(contract).expect("is there");
        tables.with(contract, change(contract, batch))
    })
}

fn segments() -> RecordBatch {
    let rows = [
        ("need", 0, "unclear"),
        ("rfm", 1, "champions"),
        ("rfm", 2, "loyal"),
        ("rfm", 3, "no_purchases"),
        ("value", 0, "none"),
        ("value", 1, "best"),
        ("value", 2, "rest"),
    ];
    let text = |_: &(&str, i64, &str)| Some("text");
    segment::Columns {
        axis: rows.iter().map(|row| Some(row.0)).collect(),
        segment_id: rows.iter().map(|row| Some(row.1)).collect(),
        segment: rows.iter().map(|row| Some(row.2)).collect(),
        description_en: rows.iter().map(text).collect(),
        description_es: rows.iter().map(text).collect(),
        n_customers: rows.iter().map(|_| Some(1)).collect(),
        customer_share: rows.iter().map(|_| Some(0.1)).collect(),
        net_amount: money(vec![0; rows.len()]),
        net_amount_share: rows.iter().map(|_| Some(0.1)).collect(),
    }
    .into_batch()
    .expect("keeps its contract")
}

fn try_run(params: PortfolioParams, input: Tables) -> Result<Tables, StageError> {
    let context = RunContext { logical_date: AS_OF, seed: 7, currency: "EUR".to_owned() };
    let views = input.with(&segment::CONTRACT, vec![segments()]);
    let levels = ["low", "medium", "high"].map(str::to_owned).to_vec();
    Portfolio::new(params, levels).run(&context, &views)
}

fn run(params: PortfolioParams, input: Tables) -> Tables {
    try_run(params, input).expect("runs")
}

/// Value, parties and reason of a figure.
fn figure(tables: &Tables, name: &str) -> (Option<f64>, i64, Option<String>) {
    let batch = tables.batch(&portfolio::CONTRACT).expect("is written");
    let found = portfolio::Columns::parse(&batch).expect("keeps its contract");
    let row = found.figure.iter().position(|figure| figure == Some(name)).expect("is there");
    let value = found.value.is_valid(row).then(|| found.value.value(row));
    let reason = found.reason.is_valid(row).then(|| found.reason.value(row).to_owned());
    (value, found.n_customers.value(row), reason)
}

fn targets(tables: &Tables) -> segment_target::Columns {
    let batch = tables.batch(&segment_target::CONTRACT).expect("is written");
    segment_target::Columns::parse(&batch).expect("keeps its contract")
}

#[test]
fn figures_of_the_portfolio_are_as_worked_out_by_hand() {
    let tables = run(PortfolioParams::default(), input());
    // Ascending 0, 10, 30, 60: (-3·0 - 1·10 + 1·30 + 3·60) / (4·100) = 0.5.
    assert_eq!(figure(&tables, "gini"), (Some(0.5), 4, None));
    assert_eq!(figure(&tables, "top_20_percent_share").0, Some(0.6));
    assert_eq!(figure(&tables, "n_customers_with_half").0, Some(1.0));
    assert_eq!(figure(&tables, "customers_with_half_share").0, Some(0.25));
    assert_eq!(figure(&tables, "n_customers_below_zero").0, Some(1.0));
    // Customers 2 and 4 fell a level, of the four who were there last night.
    assert_eq!(figure(&tables, "loyalty_volatility"), (Some(0.5), 4, None));
    assert_eq!(figure(&tables, "lifecycle_volatility"), (Some(0.25), 4, None));
    assert_eq!(figure(&tables, "recurrent_share").0, Some(0.25));
    assert_eq!(figure(&tables, "mean_mutual_loyalty").0, Some(0.2));
    // Two mentions of four customers; the prospect is none.
    assert_eq!(figure(&tables, "mentions_per_1000_customers").0, Some(500.0));
    assert_eq!(figure(&tables, "n_ambassadors").0, Some(1.0));
    // The contact of day 990 is too young; of the other two one answered within 30 days.
    assert_eq!(figure(&tables, "engagement_capacity"), (Some(0.5), 2, None));
}

#[test]
fn the_curve_runs_from_nothing_to_all() {
    let tables = run(PortfolioParams::default(), input());
    let batch = tables.batch(&lorenz_point::CONTRACT).expect("is written");
    let curve = lorenz_point::Columns::parse(&batch).expect("keeps its contract");
    assert_eq!(curve.customer_share.values(), &[0.0, 0.25, 0.5, 0.75, 1.0]);
    assert_eq!(curve.value_share.values(), &[0.0, 0.0, 0.1, 0.4, 1.0]);
}

#[test]
fn the_most_attractive_segment_is_chosen_and_its_parts_are_the_score() {
    let params = PortfolioParams { contact_cost: Some(0.5), ..PortfolioParams::default() };
    let found = targets(&run(params, input()));
    let axis: Vec<_> = found.axis.iter().flatten().collect();
    assert_eq!(axis, ["need", "rfm", "rfm", "rfm", "value", "value", "value"]);
    // Value segment 1: customer 1 alone, 60.00, 30.00 after 20.00, reachable, two contacts.
    assert_eq!(found.value.iter().nth(5), Some(Some(60.0)));
    assert_eq!(found.growth.iter().nth(5), Some(Some(0.5)));
    assert_eq!(found.reachable_share.iter().nth(5), Some(Some(1.0)));
    assert_eq!(found.cost.iter().nth(5), Some(Some(1.0)));
    // Best of value, growth and reach, worst of cost: 0.4 + 0.2 + 0.3.
    assert!((found.score.value(5) - 0.9).abs() < 1e-12);
    assert_eq!((found.rank.value(5), found.reason.value(5)), (1, "chosen"));
    assert!(found.is_chosen.value(5));
    // Segment 2: customer 2 may be reached; 3 did not consent, 4 has no address.
    assert_eq!(found.reachable_share.iter().nth(6), Some(Some(1.0 / 3.0)));
    assert_eq!(found.reason.value(6), "below_score");
    assert!(found.growth.is_null(4));
    for row in 0..found.axis.len() {
        let parts =
            [&found.value_part, &found.growth_part, &found.reachability_part, &found.cost_part];
        let sum: f64 = parts.iter().map(|part| part.value(row)).sum();
        assert!((found.score.value(row) - sum).abs() < 1e-12);
    }
}

#[test]
fn without_a_cost_of_contact_the_cost_is_not_known() {
    let found = targets(&run(PortfolioParams::default(), input()));
    assert_eq!(found.cost.null_count(), found.cost.len());
    assert!(found.cost_part.iter().all(|part| part == Some(0.0)));
}

#[test]
fn the_groups_hold_every_party_and_all_the_money() {
    let tables = run(PortfolioParams::default(), input());
    let batch = tables.batch(&loyalty_group::CONTRACT).expect("is written");
    let found = loyalty_group::Columns::parse(&batch).expect("keeps its contract");
    assert_eq!(found.n_customers.values().iter().sum::<i64>(), 5);
    assert_eq!(found.net_amount.values().iter().sum::<i128>(), 9500);
    let levels: Vec<_> = found.loyalty_level.iter().flatten().collect();
    assert_eq!(levels, ["medium", "high", "low", "low"]);
}

#[test]
fn nobody_gives_figures_that_are_null_with_a_reason() {
    let tables = run(PortfolioParams::default(), changed(|_, _| vec![]));
    let none = |reason: &str| (None, 0, Some(reason.to_owned()));
    assert_eq!(figure(&tables, "gini"), none("no_customers"));
    assert_eq!(figure(&tables, "loyalty_volatility"), none("no_last_night"));
    assert_eq!(figure(&tables, "engagement_capacity"), none("no_campaign_contacts"));
    assert_eq!(figure(&tables, "n_ambassadors"), none("not_judged"));
    assert!(targets(&tables).reason.iter().all(|reason| reason == Some("too_small")));
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let split = changed(|contract, batch| {
        let at = contract.name.len() % 5;
        vec![batch.slice(at, 5 - at), batch.slice(0, at)]
    });
    let (one, other) =
        (run(PortfolioParams::default(), input()), run(PortfolioParams::default(), split));
    for contract in Portfolio::new(PortfolioParams::default(), vec![]).writes() {
        assert_eq!(one.batch(contract).unwrap(), other.batch(contract).unwrap());
    }
}

#[test]
fn a_table_without_one_of_the_parties_stops_the_night() {
    for table in ["portfolio_segment", "portfolio_loyalty", "portfolio_advocacy"] {
        let input = changed(|contract, batch| {
            let first = usize::from(contract.name == table);
            vec![batch.slice(first, 5 - first)]
        });
        let error = try_run(PortfolioParams::default(), input).expect_err("a party is missing");
        assert!(error.to_string().contains(table), "{error}");
    }
}
