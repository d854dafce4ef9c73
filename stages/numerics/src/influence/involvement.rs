//! The platform on which a party is most involved (capability A16).

use super::InfluenceError;

/// Checked settings of involvement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InvolvementParams {
    total_min: f64,
    lead_min: f64,
}

/// Why no platform is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undetermined {
    /// All engagement together is below the least that tells something.
    LittleData,
    /// The first and the second are too near.
    Tie,
}

/// Where a party is involved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Involvement {
    /// Place of the platform, or why none is named.
    pub platform: Result<usize, Undetermined>,
    /// Share of the largest in all engagement, from 0 to 1; 0 without any.
    pub top_share: f64,
    /// How evenly it is spread, from 0 (one platform) to 1 (all alike); 0 without any.
    pub evenness: f64,
}

impl InvolvementParams {
    /// Returns settings: the least engagement in all, and the least lead of the first, as a share.
    ///
    /// # Errors
    ///
    /// [`InfluenceError::Setting`] for a number that is negative or not finite, a lead above 1.
    pub fn new(total_min: f64, lead_min: f64) -> Result<Self, InfluenceError> {
        let refused =
            |setting, value, expected| Err(InfluenceError::Setting { setting, value, expected });
        if !(total_min.is_finite() && total_min >= 0.0) {
            return refused("total_min", total_min, "a finite number from 0");
        }
        if !(0.0..=1.0).contains(&lead_min) {
            return refused("lead_min", lead_min, "from 0 to 1");
        }
        Ok(Self { total_min, lead_min })
    }

    /// Returns where a party is involved, from its decayed engagement on each platform.
    ///
    /// The evenness is Shannon's entropy over its maximum (Pielou 1966). What is not finite or
    /// below 0 counts as 0. Equal scores are a tie even when no lead is asked for.
    pub fn involvement(&self, scores: &[f64]) -> Involvement {
        let clean = |score: &f64| if score.is_finite() { score.max(0.0) } else { 0.0 };
        let total: f64 = scores.iter().map(clean).sum();
        if !(total > 0.0 && total.is_finite()) {
            let platform = Err(Undetermined::LittleData);
            return Involvement { platform, top_share: 0.0, evenness: 0.0 };
        }
        let mut shares: Vec<(f64, usize)> =
            scores.iter().enumerate().map(|(i, score)| (clean(score) / total, i)).collect();
        let entropy: f64 = shares.iter().filter(|(p, _)| *p > 0.0).map(|(p, _)| -p * p.ln()).sum();
        let entropy_max = (shares.len() as f64).ln();
        let evenness = if entropy_max > 0.0 { (entropy / entropy_max).min(1.0) } else { 0.0 };
        shares.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));

        let (top_share, top) = shares.first().copied().unwrap_or((0.0, 0));
        let lead = top_share - shares.get(1).map_or(0.0, |second| second.0);
        let platform = if total < self.total_min {
            Err(Undetermined::LittleData)
        } else if lead < self.lead_min || lead <= 0.0 {
            Err(Undetermined::Tie)
        } else {
            Ok(top)
        };
        Involvement { platform, top_share, evenness }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_platform_is_named_only_where_it_leads() {
        let params = InvolvementParams::new(2.0, 0.1).expect("valid");
        let found = params.involvement(&[1.0, 6.0, 1.0, f64::NAN]);
        assert_eq!((found.platform, found.top_share), (Ok(1), 0.75));
        // Entropy of 1/8 3/4 1/8 over that of four alike: 1.0613 / 2 bits.
        assert!((found.evenness - 0.530_639).abs() < 1e-6, "{found:?}");
        let of = |scores: &[f64]| params.involvement(scores).platform;
        assert_eq!(of(&[5.0, 5.2]), Err(Undetermined::Tie));
        assert_eq!(of(&[1.0, 0.5]), Err(Undetermined::LittleData));
        assert_eq!(of(&[]), Err(Undetermined::LittleData));
        assert_eq!(of(&[3.0]), Ok(0));
        let any_lead = InvolvementParams::new(0.0, 0.0).expect("valid");
        assert_eq!(any_lead.involvement(&[4.0, 4.0]).platform, Err(Undetermined::Tie));
        assert!(InvolvementParams::new(0.0, 1.5).is_err());
    }

    proptest! {
        #[test]
        fn figures_are_shares_and_scale_does_not_matter(
            scores in prop::collection::vec(0.0..50.0_f64, 0..8),
        ) {
            let params = InvolvementParams::new(0.0, 0.05).expect("valid");
            let found = params.involvement(&scores);
            prop_assert!((0.0..=1.0).contains(&found.top_share));
            prop_assert!((0.0..=1.0).contains(&found.evenness));
            let doubled: Vec<f64> = scores.iter().map(|score| 2.0 * score).collect();
            prop_assert_eq!(found, params.involvement(&doubled));
        }
    }
}
