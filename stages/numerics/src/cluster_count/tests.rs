use super::*;
use crate::kmeans::Columns;
use crate::quality::Stability;
use crate::sampling::Draw;

/// Round groups of unit spread at the corners of a grid, and what is left over in the first.
fn groups(n_rows: usize, n_groups: usize, distance: f64) -> Vec<Vec<f64>> {
    let mut draw = Draw::new(11, 0);
    let mut columns = vec![Vec::new(); 2];
    for row in 0..n_rows {
        let group = row % n_groups;
        let at = [(group % 3) as f64 * distance, (group / 3) as f64 * distance];
        for (column, at) in columns.iter_mut().zip(at) {
            column.push(at + (0..3).map(|_| draw.unit() - 0.5).sum::<f64>());
        }
    }
    columns
}

fn table(columns: &[Vec<f64>], params: &ClusterCountParams) -> ClusterCountTable {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    choose_cluster_count(&Columns::new(&slices).expect("a table"), params).expect("finite values")
}

fn quick() -> ClusterCountParams {
    ClusterCountParams {
        n_sample_rows: 600,
        n_silhouette_rows: 600,
        n_silhouette_rows_per_cluster_min: 20,
        n_references: 5,
        n_resamples: 5,
        ..ClusterCountParams::default()
    }
}

#[test]
fn groups_that_lie_apart_are_counted() {
    for n_groups in [3, 5, 7] {
        let found = table(&groups(2_100, n_groups, 6.0), &quick());
        let choice = found.choice.expect("a choice");
        assert_eq!(choice.n_clusters, n_groups);
        assert_eq!(choice.reason, ChoiceReason::HighestSilhouetteAllValid);
        assert_eq!(found.gap_choice, Some(n_groups), "by the gap");
        let numbers: Vec<usize> = found.counts.iter().map(|count| count.n_clusters).collect();
        assert_eq!(numbers, (3..=10).collect::<Vec<_>>());
        assert!(found.counts.windows(2).all(|pair| pair[1].inertia < pair[0].inertia));
        for count in &found.counts {
            assert_eq!(count.stability.len(), count.n_clusters);
            assert_eq!(count.centroids.n_clusters(), count.n_clusters);
            let is_dissolved = Stability::of(count.least_stability()) == Stability::Dissolved;
            assert_eq!(count.exclusion == Some(Exclusion::Dissolved), is_dissolved);
        }
    }
}

#[test]
fn a_cluster_of_few_rows_is_too_small() {
    // Three groups, and 9 of 2,100 rows far away from all.
    let mut columns = groups(2_100, 3, 6.0);
    for column in &mut columns {
        column[..9].fill(60.0);
    }
    let params = ClusterCountParams { n_sample_rows: 2_100, ..quick() };
    let found = table(&columns, &params);
    assert_eq!(found.counts[1].n_clusters, 4);
    assert_eq!(found.counts[1].exclusion, Some(Exclusion::TooSmall));
    assert!((found.counts[1].smallest_share - 9.0 / 2_100.0).abs() < 1e-12);
}

#[test]
fn no_more_clusters_are_tried_than_there_are_distinct_rows() {
    let column: Vec<f64> = (0..1_000).map(|row| f64::from(row % 4)).collect();
    let found = table(&[column], &quick());
    let numbers: Vec<usize> = found.counts.iter().map(|count| count.n_clusters).collect();
    assert_eq!(numbers, [3, 4]);
    assert_eq!(found.choice.expect("a choice").n_clusters, 4);
    assert_eq!(found.counts[1].gap, None);
    let two: Vec<f64> = (0..1_000).map(|row| f64::from(row % 2)).collect();
    let found = table(&[two], &quick());
    assert_eq!((found.counts.len(), found.choice), (0, None));
    assert_eq!(table(&[vec![]], &quick()).choice, None);
}

#[test]
fn rare_values_that_the_sample_missed_are_tried() {
    let mut column = vec![0.0; 20_000];
    (column[1], column[10_000]) = (5.0, 9.0);
    let found = table(&[column], &quick());
    assert_eq!(found.counts.len(), 1);
    assert_eq!(found.choice.expect("a choice").reason, ChoiceReason::OnlyOne);
}

#[test]
fn the_bytes_do_not_depend_on_threads_and_the_seed_is_heard() {
    let columns = groups(20_000, 5, 2.0);
    let with = |n_threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
        let params = ClusterCountParams { k_max: 5, seed, ..quick() };
        pool.expect("threads").install(|| table(&columns, &params))
    };
    let one = with(1, 0);
    assert!(one == with(2, 0));
    assert!(one == with(5, 0));
    assert!(one != with(2, 1));
}

#[test]
fn settings_out_of_range_are_refused() {
    let column = [0.0, 1.0, 2.0];
    let columns = Columns::new(&[&column]).expect("one column");
    let refused = |change: &dyn Fn(&mut ClusterCountParams)| {
        let mut params = quick();
        change(&mut params);
        choose_cluster_count(&columns, &params).expect_err("refused").to_string()
    };
    let range = "k_min 1 and k_max 10, expected 2 <= k_min <= k_max";
    assert_eq!(refused(&|p| p.k_min = 1), range);
    assert_eq!(refused(&|p| p.k_max = 2), "k_min 3 and k_max 2, expected 2 <= k_min <= k_max");
    assert_eq!(refused(&|p| p.n_starts = 0), "n_starts is 0, expected 1 or more");
    assert_eq!(refused(&|p| p.size_share_min = f64::NAN), "size_share_min is NaN, expected 0 to 1");
    let bad = [0.0, f64::NAN];
    let columns = Columns::new(&[&bad]).expect("one column");
    assert!(matches!(
        choose_cluster_count(&columns, &quick()),
        Err(ClusterCountError::KMeans(KMeansError::Value { row: 1, .. }))
    ));
}
