//! Last night's segments and one more, for a kind of customers that nobody knew before.
//!
//! A full fit would cut all customers anew, and many who did nothing would change segment. Here the
//! centroids of last night stay where they are; one is put where customers who came fit worst, and only the
//! customers nearer to it change.

use idip_numerics::kmeans::{Assignment, Centroids, Columns};
use idip_stage::StageError;

use super::choices::ClusterNumber;
use super::fit::{Came, Fitted, LastSegments, Task};
use super::method::{Found, by_centroids};
use super::start::{Refit, Start};

/// Part of the customers below which they are no kind of their own; the least that a choice of the number of
/// segments allows, too.
const SHARE_MIN: f64 = 0.01;

/// Least silhouette of a kind of its own: from half on there is structure (Kaufman and Rousseeuw 1990).
///
/// A slice of the customers who are there has about a quarter.
const SILHOUETTE_MIN: f64 = 0.5;

/// Steps after which the new centroid is taken where it is.
const STEPS_MAX: usize = 50;

/// Most segments that `auto` grows to by itself.
const N_CLUSTERS_MAX: usize = 10;

impl Task<'_> {
    /// Last night's segments and one for a new kind of customers; none where no such kind makes them better
    /// by `continuity.gain_min`, and of a mixture.
    ///
    /// `stay` has customers as last night's segments would have them. Where the number of segments is fixed, the
    /// segment is given up whose customers lose least by it.
    pub(super) fn grown(
        &self,
        columns: &Columns<'_>,
        last: &LastSegments,
        stay: &Found,
        reason: &Refit,
    ) -> Result<Option<Fitted>, StageError> {
        if self.is_mixture() {
            return Ok(None);
        }
        let n_last = last.centroids.n_clusters();
        let may_grow = matches!(self.settings.n_clusters, ClusterNumber::Chosen(_))
            && n_last < N_CLUSTERS_MAX
            && !stay.has_empty();
        let nearest = last.centroids.assign(columns).map_err(|source| self.failed(source))?;
        for since in [Came::SinceLastNight, Came::SinceLastFit] {
            let Some(new) = new_kind(self.columns, &nearest, self.came, since) else { continue };
            let rows = [last.centroids.values(), &new].concat();
            let assign = |rows: Vec<f64>| {
                let centroids = Centroids::new(last.centroids.n_features(), rows);
                let found = centroids.and_then(|centroids| by_centroids(columns, &centroids));
                found.map_err(|source| self.failed(source))
            };
            let mut found = assign(rows)?;
            if !may_grow && let Some(given_up) = easiest_to_give_up(&found.centroids, &found.labels)
            {
                let rows = found.centroids.rows().enumerate();
                let others = rows.filter(|(place, _)| *place != given_up);
                found = assign(others.flat_map(|(_, row)| row.iter().copied()).collect())?;
            }
            if found.gain_over(stay) < self.continuity.gain_min {
                continue;
            }
            let n = found.centroids.n_clusters();
            let fitted = self.numbered(columns, found, Start::Grown(reason.clone()), n, None)?;
            if self.is_of_newcomers(&fitted) && are_born_large(&fitted) {
                return Ok(Some(fitted));
            }
        }
        Ok(None)
    }
}

/// Whether each born segment is large enough once those have been put back who stay where they were.
fn are_born_large(fitted: &Fitted) -> bool {
    let least = SHARE_MIN * fitted.labels.len() as f64;
    let mut born = (0..).zip(&fitted.segment_ids).filter(|(_, id)| !fitted.continued.contains(id));
    born.all(|(place, _)| {
        let n = fitted.labels.iter().filter(|label| **label == place).count();
        n as f64 >= least
    })
}

/// The centroid of a new kind of customers.
///
/// It begins at the mean of the customers who came, each weighted by its squared distance to the nearest
/// centroid of last night, and moves as in Lloyd's algorithm while all others are held. None where those who
/// came are no minority, or too few come together, or not apart from others.
pub(super) fn new_kind(
    columns: &[Vec<f64>],
    last: &Assignment,
    came: &[Came],
    since: Came,
) -> Option<Vec<f64>> {
    let n_rows = last.squared_nearest.len();
    let n_came = came.iter().filter(|came| **came >= since).count();
    if 2 * n_came >= n_rows {
        return None;
    }
    let newcomers = came.iter().zip(&last.squared_nearest);
    let weights = newcomers.map(|(came, square)| if *came >= since { *square } else { 0.0 });
    let mut centroid = weighted_mean(columns, &weights.collect::<Vec<_>>())?;
    let mut members = vec![0.0; n_rows];
    for _ in 0..STEPS_MAX {
        let squares = squares(columns, &centroid, n_rows);
        let nearer = squares.iter().zip(&last.squared_nearest);
        let nearer: Vec<f64> = nearer.map(|(new, old)| f64::from(u8::from(new < old))).collect();
        if nearer == members {
            break;
        }
        members = nearer;
        centroid = weighted_mean(columns, &members)?;
    }
    let squares = squares(columns, &centroid, n_rows);
    let members = squares.iter().zip(&last.squared_nearest).filter(|(new, old)| new < old);
    let silhouettes = members.map(|(new, old)| 1.0 - (new / old).sqrt());
    let (n_members, silhouette) = silhouettes.fold((0.0, 0.0), |(n, sum), of| (n + 1.0, sum + of));
    let is_kind =
        n_members >= SHARE_MIN * n_rows as f64 && silhouette >= SILHOUETTE_MIN * n_members;
    is_kind.then_some(centroid)
}

/// The centroid, by its place, whose customers lose least when they go to the nearest other; never the
/// last one.
pub(super) fn easiest_to_give_up(centroids: &Centroids, labels: &[u32]) -> Option<usize> {
    let rows: Vec<&[f64]> = centroids.rows().collect();
    let loss = |place: usize, own: &[f64]| {
        let n = labels.iter().filter(|label| **label as usize == place).count();
        let others = rows.iter().enumerate().filter(|(other, _)| *other != place);
        let squares = others.map(|(_, other)| square(own, other));
        n as f64 * squares.fold(f64::INFINITY, f64::min)
    };
    let old = rows.iter().enumerate().take(rows.len().saturating_sub(1));
    let losses = old.map(|(place, own)| (place, loss(place, own)));
    losses.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(place, _)| place)
}

fn weighted_mean(columns: &[Vec<f64>], weights: &[f64]) -> Option<Vec<f64>> {
    let total: f64 = weights.iter().sum();
    let mean = |column: &Vec<f64>| {
        column.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>() / total
    };
    (total > 0.0).then(|| columns.iter().map(mean).collect())
}

/// Squared distance of each row to a point.
fn squares(columns: &[Vec<f64>], point: &[f64], n_rows: usize) -> Vec<f64> {
    let mut squares = vec![0.0; n_rows];
    for (column, at) in columns.iter().zip(point) {
        for (square, value) in squares.iter_mut().zip(column) {
            *square += (value - at) * (value - at);
        }
    }
    squares
}

fn square(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Customers around 0 and 10, and five at 30, who came tonight with one at 11.
    fn columns() -> Vec<Vec<f64>> {
        let known = (0..20).map(|row| f64::from(row % 2) * 10.0 + f64::from(row % 5) * 0.1);
        vec![known.chain([11.0, 30.0, 30.0, 30.0, 31.0, 29.0]).collect()]
    }

    fn came() -> Vec<Came> {
        let mut came = vec![Came::Before; 26];
        came[20..].fill(Came::SinceLastNight);
        came
    }

    fn last(columns: &[Vec<f64>], centroids: &Centroids) -> Assignment {
        centroids.assign(&Columns::new(&[&columns[0]]).unwrap()).unwrap()
    }

    #[test]
    fn a_new_kind_gets_a_centroid_of_its_own() {
        let columns = columns();
        let two = Centroids::new(1, vec![0.2, 10.2]).unwrap();
        let last = last(&columns, &two);
        let found = new_kind(&columns, &last, &came(), Came::SinceLastNight).unwrap();
        assert!((found[0] - 30.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn without_newcomers_or_with_little_else_there_is_none() {
        let columns = columns();
        let two = Centroids::new(1, vec![0.2, 10.2]).unwrap();
        let last = last(&columns, &two);
        assert_eq!(new_kind(&columns, &last, &[Came::Before; 26], Came::SinceLastNight), None);
        let all = [Came::SinceLastFit; 26];
        assert_eq!(
            new_kind(&columns, &last, &all, Came::SinceLastFit),
            None,
            "a first fit, rather"
        );
    }

    #[test]
    fn one_odd_customer_among_many_is_no_kind() {
        let columns = vec![(0..200).map(|row| f64::from(u8::from(row == 7)) * 50.0).collect()];
        let last = last(&columns, &Centroids::new(1, vec![0.0]).unwrap());
        let mut came = vec![Came::Before; 200];
        came[7] = Came::SinceLastNight;
        assert_eq!(new_kind(&columns, &last, &came, Came::SinceLastNight), None);
    }

    #[test]
    fn the_segment_whose_customers_have_others_near_by_is_given_up() {
        // Losses: 3 · 4, 2 · 4 and 1 · 9; the last one is new.
        let four = Centroids::new(1, vec![0.0, 2.0, 8.0, 5.0]).unwrap();
        let labels = [0, 0, 0, 1, 1, 2, 3];
        assert_eq!(easiest_to_give_up(&four, &labels), Some(1));
    }
}
