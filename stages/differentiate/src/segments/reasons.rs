//! Why each customer is in their segment and not in the nearest other.

use rayon::prelude::*;

use super::axis::Axis;

/// Customers that one task looks at: what is kept of them while it does fits a core's nearest cache.
const CHUNK_ROWS: usize = 512;

/// A feature and a side of it for each party; none for parties without a segment, and where there is no
/// other.
pub(super) struct Reasons {
    texts: Vec<String>,
    /// Position of the text of each party, from 1; 0 for none.
    codes: Vec<u16>,
}

impl Reasons {
    /// Of the parties from that one on.
    pub(super) fn from(&self, first: usize) -> impl Iterator<Item = Option<&str>> + '_ {
        self.codes.iter().skip(first).map(|code| self.text(*code))
    }

    /// How many parties of each segment have each reason; `ids` are the positions of their segments.
    pub(super) fn counted(&self, ids: &[u32]) -> impl Iterator<Item = (u32, &str, i64)> + '_ {
        let n_codes = self.texts.len() + 1;
        let mut counts = Vec::new();
        for (&id, &code) in ids.iter().zip(&self.codes) {
            let at = id as usize * n_codes + usize::from(code);
            if at >= counts.len() {
                counts.resize(at + 1, 0_i64);
            }
            if let Some(n) = counts.get_mut(at) {
                *n += 1;
            }
        }
        let counts = counts.into_iter().enumerate().filter(|(_, n)| *n > 0);
        counts.filter_map(move |(at, n)| {
            Some(((at / n_codes) as u32, self.text((at % n_codes) as u16)?, n))
        })
    }

    fn text(&self, code: u16) -> Option<&str> {
        self.texts.get(usize::from(code).checked_sub(1)?).map(String::as_str)
    }
}

/// The reason of each party: the feature that pulls most to the centroid of its segment rather than
/// to the second nearest, and whether that centroid is higher or lower there.
///
/// A feature x pulls by (x − c₂)² − (x − c₁)²; equals go to the first in the order of the features.
pub(super) fn reasons(axis: &Axis) -> Reasons {
    let mut of_party = vec![0; axis.ids.len()];
    let labels = match &axis.fitted {
        Some(fitted) if axis.centroids.len() > 1 => fitted.labels.as_slice(),
        _ => return Reasons { texts: Vec::new(), codes: of_party },
    };
    let texts: Vec<String> = axis
        .model
        .features
        .iter()
        .flat_map(|feature| ["low", "high"].map(|side| format!("{}:{side}", feature.name)))
        .collect();
    let codes: Vec<u32> = labels
        .par_chunks(CHUNK_ROWS)
        .enumerate()
        .flat_map_iter(|(chunk, labels)| {
            let first = chunk * CHUNK_ROWS;
            let rows = first..first + labels.len();
            let columns = axis.columns.iter();
            let columns: Vec<&[f64]> =
                columns.map(|column| column.get(rows.clone()).unwrap_or_default()).collect();
            codes(&columns, &axis.centroids, labels)
        })
        .collect();
    for (&party, &code) in axis.rows.iter().zip(&codes) {
        if let Some(of_party) = of_party.get_mut(party) {
            // Beyond 16 bits nobody reads a reason: such a party has none.
            *of_party = u16::try_from(code + 1).unwrap_or(0);
        }
    }
    Reasons { texts, codes: of_party }
}

/// For each row twice the feature, and one more when the centroid of the segment is the higher.
///
/// `columns` are the features of the rows, and `labels` the positions of their centroids.
fn codes(columns: &[&[f64]], centroids: &[Vec<f64>], labels: &[u32]) -> Vec<u32> {
    // Feature by feature over many rows: row by row, each sum would wait for the one before it.
    let mut distance = vec![0.0; labels.len()];
    let mut seconds = vec![(f64::INFINITY, None); labels.len()];
    for (at, centroid) in centroids.iter().enumerate() {
        distance.fill(0.0);
        for (column, c) in columns.iter().zip(centroid) {
            for (distance, x) in distance.iter_mut().zip(*column) {
                *distance += (x - c) * (x - c);
            }
        }
        for ((second, &distance), &own) in seconds.iter_mut().zip(&distance).zip(labels) {
            if at != own as usize && (distance < second.0 || second.1.is_none()) {
                *second = (distance, Some(at));
            }
        }
    }
    let code = |(row, (&own, (_, second))): (usize, (&u32, &(f64, Option<usize>)))| {
        let own = centroids.get(own as usize);
        let pair = own.zip(second.and_then(|second| centroids.get(second)));
        let Some((own, second)) = pair else { return 0 };
        let mut best = (f64::NEG_INFINITY, 0);
        for (at, ((column, c1), c2)) in (0_u32..).zip(columns.iter().zip(own).zip(second)) {
            let x = column.get(row).copied().unwrap_or(0.0);
            let pull = (x - c2) * (x - c2) - (x - c1) * (x - c1);
            if pull > best.0 {
                best = (pull, 2 * at + u32::from(c1 > c2));
            }
        }
        best.1
    };
    labels.iter().zip(&seconds).enumerate().map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_feature_that_pulls_most_to_the_own_centroid() {
        let centroids = [vec![0.0, 0.0], vec![4.0, 1.0], vec![9.0, 9.0]];
        let (x, y) = ([1.0, 3.0, 7.0], [0.9, 0.4, 9.0]);
        // Second nearest of (1, 0.9) is (4, 1). Pulls: (1 − 4)² − 1² = 8 and (0.9 − 1)² − 0.9² = −0.8.
        // (3, 0.4) from the other side: (3 − 0)² − (3 − 4)² = 8, and the own centroid is the higher.
        // Second nearest of (7, 9) is (4, 1): 9 − 4 = 5 against 64 − 0.
        assert_eq!(codes(&[&x, &y], &centroids, &[0, 1, 2]), [0, 1, 3]);
    }

    #[test]
    fn of_equal_ones_the_first_is_the_second_nearest() {
        let centroids = [vec![0.0, 5.0], vec![1.0, 0.0], vec![0.0, -1.0], vec![-1.0, 0.0]];
        // (0, 0) is as far from the last three: the first of them differs in the first feature.
        assert_eq!(codes(&[&[0.0], &[0.0]], &centroids, &[3]), [0]);
        assert_eq!(codes(&[&[0.0], &[0.0]], &centroids, &[1]), [3]);
    }

    #[test]
    fn a_feature_beyond_half_of_16_bits_is_not_taken_for_another() {
        let n = 1 << 15;
        let mut far = vec![0.0; n + 1];
        far[n] = 1.0;
        let columns = vec![[0.0].as_slice(); n + 1];
        assert_eq!(codes(&columns, &[vec![0.0; n + 1], far], &[0]), [2 * n as u32]);
    }
}
