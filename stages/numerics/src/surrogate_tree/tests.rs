use arrow_array::Float64Array;
use proptest::prelude::*;

use super::*;
use crate::sampling::Draw;

fn named<'a>(names: &[&'a str], columns: &'a [Vec<f64>]) -> Vec<NamedColumn<'a>> {
    let slices = columns.iter().map(|column| FeatureColumn::Slice(column));
    names.iter().zip(slices).map(|(&name, values)| NamedColumn { name, values }).collect()
}

fn explain(labels: &[u32], columns: &[Vec<f64>], max_depth: usize) -> SurrogateTree {
    let names = ["a", "b", "c", "d"];
    let params = SurrogateParams { max_depth, ..SurrogateParams::default() };
    explain_labels(labels, &named(&names, columns), params).expect("finite")
}

fn rules(tree: &SurrogateTree) -> Vec<(String, u32)> {
    tree.leaves().iter().map(|leaf| (tree.describe(leaf), leaf.label)).collect()
}

fn rule(text: &str, label: u32) -> (String, u32) {
    (text.to_owned(), label)
}

#[test]
fn labels_that_a_rule_made_are_explained_by_it() {
    // 7 when spend > 10, else 3 when visits > 2, else 5.
    let spend = vec![5.0, 20.0, 8.0, 12.0, 9.0, 30.0, 1.0, 10.0];
    let visits = vec![1.0, 1.0, 3.0, 9.0, 5.0, 2.0, 2.0, 0.0];
    let labels = [5, 7, 3, 7, 3, 7, 5, 5];
    let columns = [spend, visits];
    let tree = explain(&labels, &columns, 3);
    assert_eq!(
        rules(&tree),
        [rule("a <= 10 and b <= 2", 5), rule("a <= 10 and b > 2", 3), rule("a > 10", 7)]
    );
    assert!((tree.fidelity() - 1.0).abs() < 1e-15);
    assert!((tree.majority_share() - 3.0 / 8.0).abs() < 1e-15);
    let leaf = &tree.leaves()[0];
    assert_eq!(leaf.n_rows, 3);
    assert!((leaf.precision - 1.0).abs() < 1e-15 && (leaf.coverage - 1.0).abs() < 1e-15);
    let columns: Vec<FeatureColumn<'_>> =
        columns.iter().map(|column| FeatureColumn::Slice(column)).collect();
    assert_eq!(tree.labels(&columns).expect("the same columns"), labels);
}

#[test]
fn bounds_of_one_column_are_one_condition() {
    let column: Vec<f64> = (0..30).map(f64::from).collect();
    let labels: Vec<u32> = (0..30).map(|row| [0, 1, 0][row / 10]).collect();
    let tree = explain(&labels, &[column], 2);
    assert_eq!(
        rules(&tree),
        [rule("a <= 9.5", 0), rule("9.5 < a <= 19.5", 1), rule("a > 19.5", 0)]
    );
    // Depth 1 says 0 | 1 or 1 | 0 of twenty rows: two thirds.
    let tree = explain(&labels, &[(0..30).map(f64::from).collect()], 1);
    assert!((tree.fidelity() - 2.0 / 3.0).abs() < 1e-15);
}

#[test]
fn ties_go_to_the_lower_column_and_the_lower_threshold() {
    // All three columns split alike, the third upside down.
    let column = vec![1.0, 2.0, 3.0, 4.0];
    let down: Vec<f64> = column.iter().map(|x| -x).collect();
    let tree = explain(&[0, 0, 1, 1], &[down.clone(), column.clone(), column.clone()], 1);
    assert_eq!(rules(&tree), [rule("a <= -2.5", 1), rule("a > -2.5", 0)]);
    // 1.5 and 3.5 are equally good: one label of two rows beside a pure row and two mixed ones.
    let tree = explain(&[0, 1, 1, 0], &[column], 1);
    assert_eq!(rules(&tree)[0].0, "a <= 1.5");
}

#[test]
fn missing_values_are_below_all_others_and_are_told() {
    let known = Float64Array::from(vec![None, Some(1.0), Some(2.0), None, Some(f64::NAN)]);
    let columns = [NamedColumn { name: "a", values: FeatureColumn::Array(&known) }];
    let tree = explain_labels(&[9, 4, 4, 9, 9], &columns, SurrogateParams::default());
    let tree = tree.expect("finite");
    assert_eq!(rules(&tree), [rule("a is missing", 9), rule("a is known", 4)]);
    assert_eq!(tree.leaves()[0].conditions[0].missing, Missing::Only);
    assert_eq!(tree.labels(&[FeatureColumn::Array(&known)]).expect("one"), [9, 4, 4, 9, 9]);
    let tree = explain_labels(&[9, 9, 4, 9, 9], &columns, SurrogateParams::default());
    let tree = tree.expect("finite");
    assert_eq!(rules(&tree), [rule("(a <= 1.5 or is missing)", 9), rule("a > 1.5", 4)]);
}

#[test]
fn splits_that_say_nothing_new_are_no_splits() {
    // 90 against 10 and 60 against 40: purer, but both say 0.
    let column: Vec<f64> = (0..200).map(|row| f64::from(row / 100)).collect();
    let labels: Vec<u32> =
        (0..200).map(|row| u32::from(row < 10 || (100..140).contains(&row))).collect();
    let tree = explain(&labels, &[column], 3);
    assert_eq!(rules(&tree), [rule("always", 0)]);
    assert!((tree.fidelity() - tree.majority_share()).abs() < 1e-15);
    assert_eq!(rules(&explain(&[4, 4], &[vec![1.0, 2.0]], 3)), [rule("always", 4)]);
    assert_eq!(rules(&explain(&[4, 5, 5], &[], 3)), [rule("always", 5)]);
}

#[test]
fn leaves_have_the_rows_asked_for() {
    let column: Vec<f64> = (0..100).map(f64::from).collect();
    let labels: Vec<u32> = (0..100).map(|row| u32::from(row < 3)).collect();
    let columns = [column];
    let params = SurrogateParams { n_leaf_rows_min: 5, ..SurrogateParams::default() };
    let tree = explain_labels(&labels, &named(&["a"], &columns), params).expect("finite");
    assert_eq!(rules(&tree), [rule("a <= 4", 1), rule("a > 4", 0)]);
    assert!((tree.leaves()[0].precision - 0.6).abs() < 1e-15);
}

#[test]
fn what_cannot_be_explained_is_named() {
    let columns = [vec![1.0, f64::NEG_INFINITY]];
    let error = |labels: &[u32], max_depth| {
        let params = SurrogateParams { max_depth, ..SurrogateParams::default() };
        explain_labels(labels, &named(&["a"], &columns), params).expect_err("refused")
    };
    assert_eq!(error(&[0, 1], 3), SurrogateError::Infinite { column: 0, row: 1 });
    assert_eq!(error(&[0, 1], 0), SurrogateError::MaxDepth(0));
    assert_eq!(error(&[0, 1], 9), SurrogateError::MaxDepth(9));
    assert_eq!(error(&[], 3), SurrogateError::NoRows);
    let lengths = SurrogateError::UnequalLengths { column: 0, expected: 1, found: 2 };
    assert_eq!(error(&[0], 3), lengths);
    let tree = explain(&[0, 1], &[vec![1.0, 2.0]], 1);
    let widths = SurrogateError::UnequalWidths { expected: 1, found: 0 };
    assert_eq!(tree.labels(&[]), Err(widths));
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    let mut draw = Draw::new(3, 0);
    let columns: Vec<Vec<f64>> =
        (0..4).map(|_| (0..5_000).map(|_| draw.unit() * 100.0).collect()).collect();
    let labels: Vec<u32> =
        (0..5_000).map(|row| ((columns[1][row] + columns[2][row]) / 50.0) as u32).collect();
    let with_threads = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
        pool.expect("threads").install(|| explain(&labels, &columns, 3))
    };
    let one = with_threads(1);
    assert_eq!(one, with_threads(4));
    assert!(one.fidelity() > 0.6, "fidelity {}", one.fidelity());
}

/// The purity of the best split, by trying every threshold of every column.
fn best_by_trying(labels: &[u32], columns: &[Vec<f64>]) -> f64 {
    let purity = |rows: &[usize]| {
        let mut counts = [0.0; 3];
        for &row in rows {
            counts[labels[row] as usize] += 1.0;
        }
        counts.iter().map(|n| n * n).sum::<f64>() / (rows.len() as f64).max(1.0)
    };
    let all: Vec<usize> = (0..labels.len()).collect();
    let mut best = purity(&all);
    for column in columns {
        for threshold in column {
            let (left, right): (Vec<usize>, Vec<usize>) =
                all.iter().partition(|&&row| column[row] <= *threshold);
            best = best.max(purity(&left) + purity(&right));
        }
    }
    best
}

proptest! {
    #[test]
    fn no_other_first_split_is_purer_and_the_tree_says_what_its_rules_say(
        rows in prop::collection::vec((0_u32..3, 0_i32..8, 0_i32..8), 1..60),
    ) {
        let labels: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let columns = [
            rows.iter().map(|row| f64::from(row.1)).collect::<Vec<f64>>(),
            rows.iter().map(|row| f64::from(row.2)).collect(),
        ];
        let binned = bins::bin_all(&named(&["a", "b"], &columns)).expect("finite");
        let params = SurrogateParams { max_depth: 1, ..SurrogateParams::default() };
        let drafts = grow::grow(&labels, 3, &binned, params);
        let purity = |at: usize| {
            let counts = &drafts[at].counts;
            let squares: f64 = counts.iter().map(|&n| f64::from(n).powi(2)).sum();
            squares / f64::from(counts.iter().sum::<u32>())
        };
        let found = drafts[0].split.map_or(purity(0), |s| purity(s.left) + purity(s.right));
        prop_assert!((found - best_by_trying(&labels, &columns)).abs() < 1e-9);

        let tree = explain(&labels, &columns, 3);
        let slices: Vec<FeatureColumn<'_>> =
            columns.iter().map(|column| FeatureColumn::Slice(column)).collect();
        let said = tree.labels(&slices).expect("the same columns");
        let n_right = said.iter().zip(&labels).filter(|(a, b)| a == b).count();
        prop_assert!((tree.fidelity() - n_right as f64 / labels.len() as f64).abs() < 1e-12);
        prop_assert!(tree.fidelity() >= tree.majority_share());
        for (row, said) in said.iter().enumerate() {
            let meets = |condition: &Condition| {
                let value = columns[condition.column][row];
                condition.above.is_none_or(|above| value > above)
                    && condition.at_most.is_none_or(|at_most| value <= at_most)
            };
            let leaves: Vec<&SurrogateLeaf> =
                tree.leaves().iter().filter(|leaf| leaf.conditions.iter().all(meets)).collect();
            prop_assert_eq!(leaves.len(), 1);
            prop_assert_eq!(leaves[0].label, *said);
        }
        prop_assert_eq!(tree.leaves().iter().map(|leaf| leaf.n_rows).sum::<usize>(), rows.len());
    }
}
