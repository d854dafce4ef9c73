//! Labels against customers, worked out by hand.

use std::collections::BTreeMap;

use idip_schemas::identify::quality::{identity_evaluation, labelled_reference};
use idip_stage::{Step, Tables};

use super::Evaluation;
use crate::testing::context;

/// Reference, person, customer.
type Label<'a> = (&'a str, &'a str, Option<i64>);

fn evaluated(labels: &[Label<'_>]) -> BTreeMap<String, Option<f64>> {
    let view = labelled_reference::Columns {
        party_ref: labels.iter().map(|label| Some(label.0)).collect(),
        person_ref: labels.iter().map(|label| Some(label.1)).collect(),
        customer_id: labels.iter().map(|label| label.2).collect(),
    };
    let views =
        Tables::default().with(&labelled_reference::CONTRACT, vec![view.into_batch().unwrap()]);
    let written = Evaluation.run(&context(), &views).unwrap();
    let batch = written.batch(&identity_evaluation::CONTRACT).unwrap();
    let rows = identity_evaluation::Columns::parse(&batch).unwrap();
    let metrics = rows.metric.iter().map(|metric| metric.unwrap().to_owned());
    metrics.zip(rows.value.iter()).collect()
}

#[test]
fn figures_are_those_of_the_definitions_over_labelled_references_alone() {
    // Persons {a b c} {d e} {f}; customers {a b} {c d e} {f}. `x` is in no feed; labels call `y` two.
    let mut labels = vec![
        ("a", "P1", Some(11)),
        ("b", "P1", Some(11)),
        ("c", "P1", Some(22)),
        ("d", "P2", Some(22)),
        ("e", "P2", Some(22)),
        ("f", "P3", Some(33)),
        ("x", "P3", None),
        ("y", "P4", Some(33)),
        ("y", "P5", Some(33)),
    ];
    let found = evaluated(&labels);
    let near = |metric: &str, expected: f64| {
        let value = found[metric].unwrap();
        assert!((value - expected).abs() < 1e-12, "{metric} is {value}, expected {expected}");
    };
    // Pairs found: ab, cd, ce, de; true: ab, ac, bc, de; both: ab, de.
    near("pair_precision", 0.5);
    near("pair_recall", 0.5);
    near("pair_f1", 0.5);
    // Precision of a, b 1; c 1/3; d, e 2/3; f 1. Recall of a, b 2/3; c 1/3; d, e, f 1.
    near("b_cubed_precision", (2.0 + 1.0 / 3.0 + 4.0 / 3.0 + 1.0) / 6.0);
    near("b_cubed_recall", (4.0 / 3.0 + 1.0 / 3.0 + 3.0) / 6.0);
    near("b_cubed_f1", 7.0 / 9.0);
    // {f} alone is found exactly.
    near("cluster_precision", 1.0 / 3.0);
    near("cluster_recall", 1.0 / 3.0);
    near("cluster_f1", 1.0 / 3.0);
    for (metric, expected) in [
        ("labelled_references", 6.0),
        ("labelled_people", 3.0),
        ("labelled_customers", 3.0),
        ("largest_labelled_customer", 3.0),
        ("over_merged_customers", 1.0),
        ("split_people", 1.0),
        ("unknown_labels", 1.0),
        ("contradicting_labels", 1.0),
    ] {
        near(metric, expected);
    }
    labels.reverse();
    assert_eq!(evaluated(&labels), found, "the order of rows decides nothing");
}

#[test]
fn without_labels_nothing_is_told_and_with_useless_ones_that_they_are() {
    assert!(evaluated(&[]).is_empty());
    let found = evaluated(&[("x", "P1", None)]);
    assert_eq!(found["pair_f1"], None);
    assert_eq!((found["labelled_references"], found["unknown_labels"]), (Some(0.0), Some(1.0)));
}
