//! Why each customer is in their segment and not in the nearest other.

use rayon::prelude::*;

use super::axis::Axis;

/// Customers that one task looks at.
const CHUNK_ROWS: usize = 8192;

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
            let mut row = vec![0.0; axis.columns.len()];
            labels.iter().enumerate().map(move |(at, &label)| {
                let at = chunk * CHUNK_ROWS + at;
                for (value, column) in row.iter_mut().zip(&axis.columns) {
                    *value = column.get(at).copied().unwrap_or(0.0);
                }
                code(&row, &axis.centroids, label as usize)
            })
        })
        .collect();
    for (&party, &code) in axis.rows.iter().zip(&codes) {
        if let Some(of_party) = of_party.get_mut(party) {
            *of_party = u16::try_from(code + 1).unwrap_or(0);
        }
    }
    Reasons { texts, codes: of_party }
}

/// Twice the feature, and one more when the centroid of the segment is the higher.
fn code(row: &[f64], centroids: &[Vec<f64>], own: usize) -> u32 {
    let distance = |centroid: &Vec<f64>| -> f64 {
        row.iter().zip(centroid).map(|(x, c)| (x - c) * (x - c)).sum()
    };
    let second = centroids
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != own)
        .map(|(at, centroid)| (distance(centroid), at))
        .reduce(|nearest, found| if found.0 < nearest.0 { found } else { nearest });
    let pair = second.and_then(|(_, at)| centroids.get(own).zip(centroids.get(at)));
    let Some((own, second)) = pair else { return 0 };
    let mut best = (f64::NEG_INFINITY, 0);
    for (at, ((x, c1), c2)) in (0_u32..).zip(row.iter().zip(own).zip(second)) {
        let pull = (x - c2) * (x - c2) - (x - c1) * (x - c1);
        if pull > best.0 {
            best = (pull, 2 * at + u32::from(c1 > c2));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_feature_that_pulls_most_to_the_own_centroid() {
        let centroids = [vec![0.0, 0.0], vec![4.0, 1.0], vec![9.0, 9.0]];
        // Second nearest is (4, 1). Pulls: (1 − 4)² − 1² = 8 and (0.9 − 1)² − 0.9² = −0.8.
        assert_eq!(code(&[1.0, 0.9], &centroids, 0), 0);
        // From the other side: (3 − 0)² − (3 − 4)² = 8, and the own centroid is the higher.
        assert_eq!(code(&[3.0, 0.4], &centroids, 1), 1);
        // Second nearest of (7, 9) is (4, 1): 9 − 4 = 5 against 64 − 0.
        assert_eq!(code(&[7.0, 9.0], &centroids, 2), 3);
    }
}
