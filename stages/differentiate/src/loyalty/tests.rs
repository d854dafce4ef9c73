use arrow_array::{Array, Date32Array, Int64Array, RecordBatch};
use idip_schemas::differentiate::customer_day;

use super::*;
use crate::testing::purchases;

const AS_OF: i32 = 1000;

/// Acts as (id, company micros, company days, party micros, party days).
fn contact(
    id: i64,
    company: Option<(i64, i32, i32)>,
    party: Option<(i64, i32, i32)>,
) -> RecordBatch {
    let day = |day: Option<i32>| Date32Array::from(vec![day]);
    let first = company.iter().chain(&party).map(|side| side.1).min();
    loyalty_contact::Columns {
        customer_id: vec![id].into(),
        company_micros: vec![company.map_or(0, |side| side.0)].into(),
        company_first_on: day(company.map(|side| side.1)),
        company_last_on: day(company.map(|side| side.2)),
        party_micros: vec![party.map_or(0, |side| side.0)].into(),
        party_first_on: day(party.map(|side| side.1)),
        party_last_on: day(party.map(|side| side.2)),
        first_contact_on: day(first),
        first_post_on: day(None),
        first_campaign_on: day(company.map(|side| side.1)),
        first_response_on: day(party.map(|side| side.1).filter(|_| company.is_some())),
    }
    .into_batch()
    .expect("keeps its contract")
}

fn parties(ids: &[(i64, i64)]) -> RecordBatch {
    loyalty_party::Columns {
        customer_id: Int64Array::from_iter_values(ids.iter().map(|party| party.0)),
        value_segment_id: Int64Array::from_iter_values(ids.iter().map(|party| party.1)),
    }
    .into_batch()
    .expect("keeps its contract")
}

fn views(bought: &[(i64, Vec<i32>)], contacts: Vec<RecordBatch>, ids: &[(i64, i64)]) -> Tables {
    Tables::default()
        .with(&customer_day::CONTRACT, vec![purchases(bought)])
        .with(&loyalty_contact::CONTRACT, contacts)
        .with(&loyalty_party::CONTRACT, vec![parties(ids)])
        .with(&loyalty_last_night::CONTRACT, vec![])
}

fn run(views: &Tables) -> customer_loyalty::Columns {
    let context = RunContext { logical_date: AS_OF, seed: 7, currency: "EUR".to_owned() };
    let written = Loyalty::new(LoyaltyParams::default()).run(&context, views).expect("runs");
    let batch = written.batch(&customer_loyalty::CONTRACT).expect("is written");
    customer_loyalty::Columns::parse(&batch).expect("keeps its contract")
}

/// Customers with the days they bought on.
type Bought = Vec<(i64, Vec<i32>)>;

/// Customer 1 buys every 100 days, 2 bought long ago, 3 bought yesterday, 4 is a prospect.
fn four() -> (Bought, [(i64, i64); 4]) {
    let bought = vec![(1, vec![500, 600, 700, 800, 900, 980]), (2, vec![100]), (3, vec![999])];
    (bought, [(1, 1), (2, 1), (3, 2), (4, 0)])
}

#[test]
fn every_party_has_its_state_and_recurrence() {
    let (bought, ids) = four();
    let found = run(&views(&bought, vec![], &ids));
    let states: Vec<_> = found.lifecycle_state.iter().flatten().collect();
    assert_eq!(found.customer_id.values(), &[1, 2, 3, 4]);
    assert_eq!(states, ["loyal", "lapsed", "new", "prospect"]);
    let reasons: Vec<_> = found.recurrence_reason.iter().flatten().collect();
    let new = "few_orders,short_tenure,irregular";
    let silent = "few_orders,short_tenure,irregular,silent";
    assert_eq!(reasons, ["recurrent", silent, new, silent]);
    // Customer 2 borrows the gaps of segment 1: 100, 100, 100, 100 and 80, of which 90 % are 100.
    let basis: Vec<_> = found.usual_gap_basis.iter().flatten().collect();
    assert_eq!(basis, ["own", "segment", "default", "default"]);
    assert_eq!(found.usual_gap_days.values(), &[100.0, 100.0, 180.0, 180.0]);
}

#[test]
fn without_contacts_of_the_shop_the_mutual_degree_is_null_and_the_party_sets_the_level() {
    let (bought, ids) = four();
    let found = run(&views(&bought, vec![], &ids));
    assert_eq!(found.mutual_loyalty.null_count(), 4);
    assert_eq!(found.company_loyalty.null_count(), 4);
    assert_eq!(found.mutual_loyalty_reason.value(3), "no_company_contacts");
    assert_eq!(found.loyalty_level_basis.value(0), "party");
    // One purchase a day ago: intense, of no duration.
    assert_eq!((found.party_duration.value(2), found.party_loyalty.value(2)), (0.0, 0.0));
    assert!(found.party_intensity.value(2) > 0.0);
    assert_eq!(found.party_loyalty.iter().nth(3), Some(Some(0.0)));
}

#[test]
fn the_degrees_of_a_prospect_are_as_worked_out_by_hand() {
    // Both sides weigh 6, the saturation: R = 1 - 1/e. From day 635 to day 1000: D = 1 - 1/e.
    let both = contact(4, Some((6_000_000, 635, 1000)), Some((6_000_000, 635, 1000)));
    let (bought, ids) = four();
    let found = run(&views(&bought, vec![both], &ids));
    let part = 1.0 - (-1.0_f64).exp();
    for degree in [&found.party_loyalty, &found.company_loyalty, &found.mutual_loyalty] {
        assert!((degree.value(3) - part * part).abs() < 1e-12);
    }
    assert_eq!(found.loyalty_level.value(3), "medium");
    assert_eq!(found.loyalty_level_basis.value(3), "mutual");
    assert_eq!(found.lifecycle_state.value(3), "prospect");
    assert_eq!(found.first_response_days.value(3), 0);
    // To the others the shop never spoke: one side alone is no relationship.
    assert_eq!(found.mutual_loyalty.iter().next(), Some(Some(0.0)));
    assert!(found.mutual_loyalty_reason.is_null(0));
    assert_eq!(found.loyalty_decile.value(3), 8);
}

#[test]
fn the_degree_that_sets_the_level_can_be_had_alone() {
    let model = Model::new(&LoyaltyParams::default()).expect("valid");
    let (mut room, days) = (GapRoom::default(), [500, 600, 980]);
    let both = Acts {
        company_weight: 2.0,
        company_on: Some((510, 900)),
        party_weight: 1.0,
        party_on: Some((505, 990)),
        ..Acts::default()
    };
    for (days, acts, has_company) in [
        (&days[..], Acts::default(), false),
        (&days[..], Acts::default(), true),
        (&days[..], both, true),
        (&[], both, true),
        (&[], both, false),
    ] {
        let judged = model.judge(days, &acts, None, has_company, AS_OF, &mut room);
        let alone = model.leading_degree(days, &acts, has_company, AS_OF).expect("past");
        assert_eq!(alone.to_bits(), judged.expect("past").leading_degree().to_bits());
    }
}

#[test]
fn milestones_are_reached_by_purchases_and_time() {
    let (bought, ids) = four();
    let found = run(&views(&bought, vec![], &ids));
    // First contact, first, second, fifth purchase (day 900) and one year (day 865).
    assert_eq!(found.n_milestones.values(), &[5, 4, 2, 0]);
    assert_eq!(found.last_milestone.value(0), "fifth_purchase");
    assert_eq!(found.last_milestone_on.value(0), 900);
    assert_eq!(found.next_milestone.value(0), "tenth_purchase");
    assert_eq!(
        (found.next_milestone_gap.value(0), found.next_milestone_unit.value(0)),
        (4, "events")
    );
    assert_eq!(found.next_milestone.value(3), "first_contact");
    assert!(found.last_milestone.is_null(3));
}

#[test]
fn a_state_that_holds_keeps_the_day_it_began() {
    let (bought, ids) = four();
    let last = loyalty_last_night::Columns {
        customer_id: vec![1, 2].into(),
        loyalty_level_number: vec![0, 4].into(),
        loyalty_level_since_on: Date32Array::from(vec![900, 910]),
        lifecycle_state: vec!["loyal", "at_risk"].into(),
        lifecycle_since_on: Date32Array::from(vec![920, 930]),
    };
    let last = last.into_batch().expect("keeps its contract");
    let views = views(&bought, vec![], &ids).with(&loyalty_last_night::CONTRACT, vec![last]);
    let found = run(&views);
    assert_eq!(found.lifecycle_since_on.values(), &[920, AS_OF, AS_OF, AS_OF]);
    let before: Vec<_> = found.last_lifecycle_state.iter().collect();
    assert_eq!(before, [Some("loyal"), Some("at_risk"), None, None]);
    // Customer 2 fell from level 4 to 0.
    assert_eq!(found.loyalty_level_since_on.value(1), AS_OF);
    assert_eq!(found.last_loyalty_level_number.value(1), 4);
}

#[test]
fn the_order_of_parties_changes_nothing_and_nobody_gives_an_empty_table() {
    let (bought, ids) = four();
    let mut turned = ids;
    turned.reverse();
    let one = run(&views(&bought, vec![], &ids)).into_batch().unwrap();
    let other = run(&views(&bought, vec![], &turned)).into_batch().unwrap();
    assert_eq!(one, other);
    assert_eq!(run(&views(&[], vec![], &[])).customer_id.len(), 0);
}
