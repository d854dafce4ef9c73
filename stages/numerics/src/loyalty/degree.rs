//! The degree of loyalty: intensity times duration, each way and of both sides (capability A25).

use std::num::NonZeroU32;

use super::LoyaltyError;
use super::error::above_zero;
use crate::engagement::{EngagementError, EngagementEvent, HalfLife};
use crate::rank_score::{CutPointError, CutPointScore, Direction, QuantileScore};

/// Who acts towards the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The shop: it writes, calls, delivers, answers.
    Company,
    /// The party, customer or prospect: it buys, visits, asks, posts.
    Party,
}

/// One interaction between the shop and a party.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interaction {
    /// Who acted.
    pub side: Side,
    /// What an interaction of its kind is worth, 0 or more.
    pub weight: f64,
    /// Days from the interaction to the date of scoring, 0 or more.
    pub age_days: f64,
}

/// What one side has done towards the other, up to the date of scoring.
///
/// Three figures that an engine can add up over all interactions of that side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SideActivity {
    /// `Σ weight · 2^(-age / half-life)`, 0 or more.
    pub decayed_weight: f64,
    /// Age of the first interaction in days.
    pub first_age_days: f64,
    /// Age of the last interaction in days, from 0 to `first_age_days`.
    pub last_age_days: f64,
}

/// What both sides have done; a side that never acted has none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Relationship {
    /// The shop towards the party.
    pub company: Option<SideActivity>,
    /// The party towards the shop.
    pub party: Option<SideActivity>,
}

impl Relationship {
    /// Sums up interactions, in any order.
    ///
    /// # Errors
    ///
    /// [`EngagementError`] for an interaction that is not finite or lies in the future.
    pub fn of(interactions: &[Interaction], half_life: HalfLife) -> Result<Self, EngagementError> {
        let activity = |side| {
            let events: Vec<EngagementEvent> = interactions
                .iter()
                .filter(|interaction| interaction.side == side)
                .map(|&Interaction { weight, age_days, .. }| EngagementEvent { weight, age_days })
                .collect();
            let decayed_weight = half_life.score(&events)?;
            let ages = events.iter().map(|event| event.age_days);
            let activity = ages.map(|age| (age, age)).reduce(|a, b| (a.0.max(b.0), a.1.min(b.1)));
            Ok(activity.map(|(first_age_days, last_age_days)| SideActivity {
                decayed_weight,
                first_age_days,
                last_age_days,
            }))
        };
        Ok(Self { company: activity(Side::Company)?, party: activity(Side::Party)? })
    }
}

/// Intensity, duration and degree of one direction, or of both together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bond {
    /// How intense it is now, from 0 to 1 (`R`).
    pub intensity: f64,
    /// Days from its first to its last interaction.
    pub tenure_days: f64,
    /// How long it has lasted, from 0 to 1 (`D`).
    pub duration: f64,
    /// `R · D`, from 0 to 1 (`L`).
    pub degree: f64,
}

/// How loyal a party and the shop are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LoyaltyDegree {
    /// The party towards the shop, by what the party did.
    pub party_to_company: Bond,
    /// The shop towards the party, by what the shop did.
    pub company_to_party: Bond,
    /// Both together: 0 throughout where one side never acted.
    pub mutual: Bond,
}

/// How intense a side is, and what it did.
type ActiveSide = (f64, SideActivity);

/// Checked settings of the degree of loyalty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoyaltyParams {
    saturation_weight: f64,
    tenure_scale_days: f64,
}

impl LoyaltyParams {
    /// Returns settings: the weight and the days at which intensity and duration reach 63 %.
    ///
    /// The saturation (`c`) is in the unit of decayed weights. It and the scale (`τ`) are best set
    /// to what a good customer of the shop has, once, and kept: then a degree means the same every
    /// night, and one party's does not depend on the others'. For a place among all parties there
    /// are [`loyalty_deciles`].
    ///
    /// # Errors
    ///
    /// [`LoyaltyError::Setting`] unless both are finite and above 0.
    pub fn new(saturation_weight: f64, tenure_scale_days: f64) -> Result<Self, LoyaltyError> {
        Ok(Self {
            saturation_weight: above_zero("saturation_weight", saturation_weight)?,
            tenure_scale_days: above_zero("tenure_scale_days", tenure_scale_days)?,
        })
    }

    /// Returns the degree of loyalty of a relationship (capability A25).
    ///
    /// Intensity of a side: `R = 1 - exp(-decayed weight / c)`; of both: the geometric mean, so that
    /// one side alone makes no relationship. Duration: `D = 1 - exp(-tenure / τ)`, where the tenure
    /// of a side runs from its first to its last interaction, that of both from the first of
    /// either to the last day by which both still acted. Degree: `L = R · D`; it never falls when
    /// either grows.
    ///
    /// # Errors
    ///
    /// [`LoyaltyError::Activity`] for a weight below 0, ages out of order, or NaN.
    pub fn degree(&self, relationship: &Relationship) -> Result<LoyaltyDegree, LoyaltyError> {
        let (company, party) = (self.side(relationship.company)?, self.side(relationship.party)?);
        Ok(LoyaltyDegree {
            party_to_company: self.own(party),
            company_to_party: self.own(company),
            mutual: self.both(company, party),
        })
    }

    /// Returns [`LoyaltyDegree::party_to_company`] alone.
    ///
    /// # Errors
    ///
    /// As of [`LoyaltyParams::degree`].
    pub fn party_to_company(&self, relationship: &Relationship) -> Result<Bond, LoyaltyError> {
        self.side(relationship.company)?;
        Ok(self.own(self.side(relationship.party)?))
    }

    /// Returns [`LoyaltyDegree::mutual`] alone.
    ///
    /// # Errors
    ///
    /// As of [`LoyaltyParams::degree`].
    pub fn mutual(&self, relationship: &Relationship) -> Result<Bond, LoyaltyError> {
        Ok(self.both(self.side(relationship.company)?, self.side(relationship.party)?))
    }

    /// Checks what a side did and adds how intense it is.
    fn side(&self, activity: Option<SideActivity>) -> Result<Option<ActiveSide>, LoyaltyError> {
        let Some(activity) = activity else { return Ok(None) };
        check(&activity)?;
        let intensity = -(-activity.decayed_weight / self.saturation_weight).exp_m1();
        Ok(Some((intensity, activity)))
    }

    fn own(&self, side: Option<ActiveSide>) -> Bond {
        side.map_or(Bond::default(), |(intensity, activity)| {
            self.bond(intensity, activity.first_age_days - activity.last_age_days)
        })
    }

    fn both(&self, company: Option<ActiveSide>, party: Option<ActiveSide>) -> Bond {
        company.zip(party).map_or(Bond::default(), |((of_company, company), (of_party, party))| {
            let first = company.first_age_days.max(party.first_age_days);
            let last = company.last_age_days.max(party.last_age_days);
            self.bond((of_company * of_party).sqrt(), first - last)
        })
    }

    fn bond(&self, intensity: f64, tenure_days: f64) -> Bond {
        let duration = -(-tenure_days / self.tenure_scale_days).exp_m1();
        Bond { intensity, tenure_days, duration, degree: intensity * duration }
    }
}

fn check(activity: &SideActivity) -> Result<(), LoyaltyError> {
    let &SideActivity { decayed_weight, first_age_days, last_age_days } = activity;
    let is_good = decayed_weight >= 0.0
        && decayed_weight.is_finite()
        && 0.0 <= last_age_days
        && last_age_days <= first_age_days
        && first_age_days.is_finite();
    if is_good {
        Ok(())
    } else {
        Err(LoyaltyError::Activity { decayed_weight, first_age_days, last_age_days })
    }
}

/// Returns the tenth of all parties that each degree lies in, from 1 to 10, in the order given.
///
/// Equal degrees share the lower tenth; NaN has none.
pub fn loyalty_deciles(degrees: &[f64]) -> Vec<Option<i64>> {
    const TEN: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
    let rule = QuantileScore::new(TEN, Direction::HigherIsBetter);
    rule.scores(degrees.iter().map(|&degree| Some(degree)))
}

/// Named levels of loyalty, by cut points of the degree.
#[derive(Debug, Clone)]
pub struct LoyaltyLevels {
    names: Vec<String>,
    score: CutPointScore<f64>,
}

impl LoyaltyLevels {
    /// Returns levels from the lowest to the highest; a degree equal to a cut point is above it.
    ///
    /// # Errors
    ///
    /// [`LoyaltyError`] unless there is one name more than cut points, and these ascend within 0
    /// and 1.
    pub fn new(names: Vec<String>, cut_points: &[f64]) -> Result<Self, LoyaltyError> {
        if names.len() != cut_points.len() + 1 {
            let cut_points = cut_points.len();
            return Err(LoyaltyError::LevelNames { names: names.len(), cut_points });
        }
        let refused = |position| {
            let value = cut_points.get(position).copied().unwrap_or(f64::NAN);
            LoyaltyError::CutPoint { position, value }
        };
        if let Some(position) = cut_points.iter().position(|cut| !(*cut > 0.0 && *cut < 1.0)) {
            return Err(refused(position));
        }
        let score =
            CutPointScore::new(cut_points, Direction::HigherIsBetter).map_err(
                |error| match error {
                    CutPointError::NotANumber { position }
                    | CutPointError::NotAscending { position } => refused(position),
                },
            )?;
        Ok(Self { names, score })
    }

    /// Returns the number of a degree's level, from 0 (lowest), and its name; none for NaN.
    pub fn level(&self, degree: f64) -> Option<(u32, &str)> {
        let level = u32::try_from(self.score.score(degree)? - 1).ok()?;
        Some((level, self.names.get(level as usize)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn act(side: Side, weight: f64, age_days: f64) -> Interaction {
        Interaction { side, weight, age_days }
    }

    fn degree(interactions: &[Interaction]) -> LoyaltyDegree {
        let half_life = HalfLife::new(100.0).expect("above 0");
        let params = LoyaltyParams::new(2.0, 365.0).expect("above 0");
        params
            .degree(&Relationship::of(interactions, half_life).expect("past"))
            .expect("a relationship")
    }

    #[test]
    fn both_sides_make_the_degree() {
        // The shop: 2 · 2^0 = 2 and 4 · 2^-2 = 1, sum 3. The party: 4 · 2^-1 = 2.
        let found = degree(&[
            act(Side::Company, 4.0, 200.0),
            act(Side::Party, 4.0, 100.0),
            act(Side::Company, 2.0, 0.0),
        ]);
        let (company, party) = (1.0 - (-1.5_f64).exp(), 1.0 - (-1.0_f64).exp());
        assert!((found.company_to_party.intensity - company).abs() < 1e-15);
        assert!((found.party_to_company.intensity - party).abs() < 1e-15);
        assert!((found.mutual.intensity - (company * party).sqrt()).abs() < 1e-15);
        // From the shop's first, 200 days ago, until the party last acted, 100 days ago.
        assert!((found.mutual.tenure_days - 100.0).abs() < 1e-15);
        let duration = 1.0 - (-100.0_f64 / 365.0).exp();
        assert!((found.mutual.duration - duration).abs() < 1e-15);
        let expected = (company * party).sqrt() * duration;
        assert!((found.mutual.degree - expected).abs() < 1e-15);
        assert!((found.company_to_party.tenure_days - 200.0).abs() < 1e-15);
        assert!(found.party_to_company.degree.abs() < 1e-15); // acted once
    }

    #[test]
    fn a_shop_that_nobody_answers_has_no_relationship() {
        let found = degree(&[act(Side::Company, 9.0, 300.0), act(Side::Company, 9.0, 1.0)]);
        assert!(found.company_to_party.degree > 0.5);
        assert_eq!(found.mutual, Bond::default());
        assert_eq!(degree(&[]), LoyaltyDegree::default());
    }

    #[test]
    fn settings_and_activities_out_of_range_are_named() {
        let error = LoyaltyParams::new(0.0, 1.0).expect_err("is refused");
        assert_eq!(error.to_string(), "`saturation_weight` is 0, expected a finite number above 0");
        let params = LoyaltyParams::new(1.0, 1.0).expect("above 0");
        let activity = |decayed_weight, first_age_days, last_age_days| {
            let party = Some(SideActivity { decayed_weight, first_age_days, last_age_days });
            params.degree(&Relationship { company: None, party })
        };
        assert!(activity(1.0, 5.0, 5.0).is_ok());
        for (weight, first, last) in [(-1.0, 5.0, 1.0), (1.0, 1.0, 5.0), (1.0, 5.0, f64::NAN)] {
            assert!(activity(weight, first, last).is_err());
        }
    }

    #[test]
    fn levels_are_named_by_cut_points() {
        let names = ["acquaintance", "friend", "partner"].map(str::to_owned).to_vec();
        let levels = LoyaltyLevels::new(names.clone(), &[0.2, 0.5]).expect("ascend");
        assert_eq!(levels.level(0.0), Some((0, "acquaintance")));
        assert_eq!(levels.level(0.2), Some((1, "friend")));
        assert_eq!(levels.level(1.0), Some((2, "partner")));
        assert_eq!(levels.level(f64::NAN), None);
        let refused =
            |cuts: &[f64]| LoyaltyLevels::new(names.clone(), cuts).expect_err("is refused");
        assert_eq!(refused(&[0.5]), LoyaltyError::LevelNames { names: 3, cut_points: 1 });
        assert_eq!(refused(&[0.5, 0.5]), LoyaltyError::CutPoint { position: 1, value: 0.5 });
        assert_eq!(refused(&[0.5, 1.0]), LoyaltyError::CutPoint { position: 1, value: 1.0 });
        let tenths = loyalty_deciles(&[0.0, 0.0, 0.9, 0.1]);
        // None, none, three and two of four are lower: 1 + floor(10 n / 4).
        assert_eq!(tenths, [Some(1), Some(1), Some(8), Some(6)]);
    }

    proptest! {
        #[test]
        fn more_or_longer_is_never_less_loyal(
            weights in (0.0..20.0_f64, 0.0..20.0_f64), more in 0.0..20.0_f64,
            ages in (0.0..900.0_f64, 0.0..900.0_f64), longer in 0.0..900.0_f64,
        ) {
            let params = LoyaltyParams::new(3.0, 365.0).expect("above 0");
            let activity = |decayed_weight, first_age_days| {
                Some(SideActivity { decayed_weight, first_age_days, last_age_days: 0.0 })
            };
            let of = |relationship: Relationship| params.degree(&relationship).expect("valid").mutual;
            let base = Relationship {
                company: activity(weights.0, ages.0),
                party: activity(weights.1, ages.1),
            };
            let found = of(base);
            prop_assert!((0.0..=1.0).contains(&found.degree));
            let stronger = of(Relationship { party: activity(weights.1 + more, ages.1), ..base });
            prop_assert!(stronger.degree >= found.degree && stronger.intensity >= found.intensity);
            let older = of(Relationship { company: activity(weights.0, ages.0 + longer), ..base });
            prop_assert!(older.degree >= found.degree && older.duration >= found.duration);
            prop_assert_eq!(params.mutual(&base), Ok(found));
            let party = params.degree(&base).map(|degree| degree.party_to_company);
            prop_assert_eq!(params.party_to_company(&base), party);
            // Sides may be exchanged.
            let turned = of(Relationship { company: base.party, party: base.company });
            prop_assert!((turned.degree - found.degree).abs() < 1e-15);
        }
    }
}
