//! Coverage of a few customers, by hand.

use arrow_array::Array;
use idip_schemas::identify::{
    coverage_event, coverage_party, coverage_source, customer_coverage, source_coverage,
};
use idip_stage::{Step, Tables};
use proptest::prelude::*;

use super::{Coverage, CoverageParams};

/// Id, buyer, reachable, member, records.
type Party = (i64, bool, bool, bool, i64);
/// Id; interactions, complaints, surveys, consents, suppressions, campaigns, responses, posts, recent ones.
type Event = (i64, [i64; 9]);

fn run(parties: &[Party], sources: &[(i64, &str)], events: &[Event]) -> Tables {
    let party = coverage_party::Columns {
        customer_id: parties.iter().map(|it| it.0).collect(),
        is_buyer: parties.iter().map(|it| Some(it.1)).collect(),
        is_reachable: parties.iter().map(|it| Some(it.2)).collect(),
        is_member: parties.iter().map(|it| Some(it.3)).collect(),
        n_records: parties.iter().map(|it| it.4).collect(),
    };
    let known = coverage_source::Columns {
        customer_id: sources.iter().map(|it| it.0).collect(),
        source: sources.iter().map(|it| Some(it.1)).collect(),
        n_records: sources.iter().map(|_| 1).collect(),
    };
    let count = |at: usize| events.iter().map(|it| it.1[at]).collect();
    let event = coverage_event::Columns {
        customer_id: events.iter().map(|it| it.0).collect(),
        n_interactions: count(0),
        n_complaints: count(1),
        n_surveys: count(2),
        n_consents: count(3),
        n_suppressions: count(4),
        n_campaigns: count(5),
        n_responses: count(6),
        n_posts: count(7),
        n_recent_posts: count(8),
    };
    let views = Tables::default()
        .with(&coverage_party::CONTRACT, vec![party.into_batch().unwrap()])
        .with(&coverage_source::CONTRACT, vec![known.into_batch().unwrap()])
        .with(&coverage_event::CONTRACT, vec![event.into_batch().unwrap()]);
    let step = Coverage { params: CoverageParams::default() };
    step.run(&crate::testing::context(), &views).unwrap()
}

fn rows(tables: &Tables) -> customer_coverage::Columns {
    customer_coverage::Columns::parse(&tables.batch(&customer_coverage::CONTRACT).unwrap()).unwrap()
}

#[test]
fn each_customer_has_one_row_with_what_is_known() {
    let parties = [(7, true, true, false, 2), (5, false, false, false, 0)];
    let tables =
        run(&parties, &[(7, "crm"), (7, "web")], &[(7, [4, 1, 0, 1, 0, 2, 1, 5, 3]), (99, [1; 9])]);
    let rows = rows(&tables);
    assert_eq!(rows.customer_id.values(), &[5, 7]);
    assert_eq!(rows.n_sources.values(), &[0, 2]);
    assert_eq!((rows.n_interactions.value(1), rows.n_complaints.value(1)), (4, 1));
    assert_eq!((rows.n_posts.value(1), rows.n_responses.value(1)), (5, 1));
    // Address, campaign, consent, interaction, record, sale and post of nine kinds.
    assert!((rows.coverage.value(1) - 7.0 / 9.0).abs() < 1e-12);
    assert!(rows.coverage.value(0) < 1e-12, "nothing but its id");
}

#[test]
fn a_prosumer_buys_and_posts() {
    let party = |id, buys| (id, buys, false, false, 0);
    let posts = |id, recent| (id, [0, 0, 0, 0, 0, 0, 0, 9, recent]);
    let tables = run(
        &[party(1, true), party(2, true), party(3, false)],
        &[],
        &[posts(1, 3), posts(2, 2), posts(3, 9)],
    );
    let flags: Vec<_> = rows(&tables).is_prosumer.iter().flatten().collect();
    assert_eq!(flags, [true, false, false], "two posts within the window, or no purchase");
}

#[test]
fn each_source_is_told_whom_it_knows() {
    let tables = run(
        &[(1, true, true, true, 2), (2, true, false, false, 1)],
        &[(1, "crm"), (1, "web"), (2, "crm")],
        &[],
    );
    let batch = tables.batch(&source_coverage::CONTRACT).unwrap();
    let rows = source_coverage::Columns::parse(&batch).unwrap();
    let share = |level: &str, source: &str| {
        let at = (0..batch.num_rows())
            .find(|&at| rows.level.value(at) == level && rows.source.value(at) == source)
            .unwrap();
        (rows.n_parties.value(at), rows.share.value(at))
    };
    assert_eq!(share("feed", "crm"), (2, 1.0));
    assert_eq!(share("feed", "web"), (1, 0.5));
    assert_eq!(share("kind", "loyalty_card"), (1, 0.5));
    assert_eq!(share("kind", "survey"), (0, 0.0));
    let nobody = run(&[], &[], &[]).batch(&source_coverage::CONTRACT).unwrap();
    let nobody = source_coverage::Columns::parse(&nobody).unwrap();
    assert!(nobody.share.null_count() == nobody.share.len() && !nobody.share.is_empty());
}

proptest! {
    #[test]
    fn the_order_of_rows_changes_nothing(
        ids in prop::collection::btree_set(1_i64..40, 1..20).prop_map(|ids| ids.into_iter().collect::<Vec<_>>()),
        shift in 0_usize..20,
    ) {
        let parties: Vec<Party> = ids.iter().map(|&id| (id, id % 2 == 0, id % 3 == 0, false, id)).collect();
        let events: Vec<Event> = ids.iter().map(|&id| (id, [id; 9])).collect();
        let sources: Vec<(i64, &str)> = ids.iter().flat_map(|&id| [(id, "b"), (id, "a")]).collect();
        let turned = |n: usize| shift % n;
        let (mut p, mut s, mut e) = (parties.clone(), sources.clone(), events.clone());
        p.rotate_left(turned(ids.len()));
        s.rotate_left(turned(2 * ids.len()));
        e.reverse();
        let (a, b) = (run(&parties, &sources, &events), run(&p, &s, &e));
        for contract in [&customer_coverage::CONTRACT, &source_coverage::CONTRACT] {
            prop_assert_eq!(a.batch(contract).unwrap(), b.batch(contract).unwrap());
        }
    }
}
