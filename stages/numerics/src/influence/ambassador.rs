//! Who may become an ambassador, and what that returns (capabilities A15 and A18).

use super::InfluenceError;

/// Checked settings of the ambassador's score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AmbassadorParams {
    score_min: f64,
    sentiment_min: f64,
    active_weeks_min: u32,
    needs_purchase: bool,
}

/// What is known of a party that might become an ambassador.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AmbassadorCandidate {
    /// Mutual degree of loyalty, from 0 to 1.
    pub loyalty_degree: f64,
    /// Score of [`super::Participation`], from 0 to 1.
    pub participation: f64,
    /// Weight of [`super::Diffusion`], from 0 to 1.
    pub diffusion: f64,
    /// Shrunk sentiment, from -1 to 1.
    pub sentiment: f64,
    /// Weeks with activity within the window.
    pub active_weeks: u32,
    /// Whether the party has bought.
    pub is_customer: bool,
    /// Whether the party keeps buying.
    pub is_recurrent: bool,
    /// Whether the party consents to be approached.
    pub has_consent: bool,
    /// Whether the party is an employee or a machine.
    pub is_employee_or_bot: bool,
    /// Whether the party is an ambassador already.
    pub is_ambassador: bool,
}

/// What stands between a party and being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AmbassadorGate {
    /// Has never bought.
    NotACustomer,
    /// Does not speak kindly enough.
    Sentiment,
    /// Was active in too few weeks.
    ActiveWeeks,
    /// Has not consented.
    NoConsent,
    /// Is an employee or a machine.
    EmployeeOrBot,
    /// Does not score high enough.
    Score,
}

/// How far a party has come towards being an ambassador.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AmbassadorStage {
    /// None of the others.
    None,
    /// Keeps buying.
    Habitual,
    /// Keeps buying, and speaks.
    Active,
    /// Nothing stands between the party and being asked.
    Potential,
    /// Is one.
    Ambassador,
}

/// A party's score as an ambassador, and what is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Ambassador {
    /// `loyalty · participation · diffusion`, from 0 to 1.
    pub score: f64,
    /// How far the party has come.
    pub stage: AmbassadorStage,
    /// Everything that stands between, in the order of [`AmbassadorGate`].
    pub gates: Vec<AmbassadorGate>,
}

impl AmbassadorParams {
    /// Returns settings; `needs_purchase` leaves out parties that never bought.
    ///
    /// # Errors
    ///
    /// [`InfluenceError::Setting`] for a score not within 0 and 1, a sentiment not within -1 and 1.
    pub fn new(
        score_min: f64,
        sentiment_min: f64,
        active_weeks_min: u32,
        needs_purchase: bool,
    ) -> Result<Self, InfluenceError> {
        let refused =
            |setting, value, expected| Err(InfluenceError::Setting { setting, value, expected });
        if !(0.0..=1.0).contains(&score_min) {
            return refused("score_min", score_min, "from 0 to 1");
        }
        if !(-1.0..=1.0).contains(&sentiment_min) {
            return refused("sentiment_min", sentiment_min, "from -1 to 1");
        }
        Ok(Self { score_min, sentiment_min, active_weeks_min, needs_purchase })
    }

    /// Judges a party; a figure that is NaN counts as the worst.
    pub fn judge(&self, party: &AmbassadorCandidate) -> Ambassador {
        let parts = [party.loyalty_degree, party.participation, party.diffusion];
        let score =
            parts.iter().map(|x| if x.is_nan() { 0.0 } else { x.clamp(0.0, 1.0) }).product();
        let speaks = party.active_weeks >= self.active_weeks_min;
        let is_kind = party.sentiment >= self.sentiment_min;
        let gates: Vec<AmbassadorGate> = [
            (AmbassadorGate::NotACustomer, self.needs_purchase && !party.is_customer),
            (AmbassadorGate::Sentiment, !is_kind),
            (AmbassadorGate::ActiveWeeks, !speaks),
            (AmbassadorGate::NoConsent, !party.has_consent),
            (AmbassadorGate::EmployeeOrBot, party.is_employee_or_bot),
            (AmbassadorGate::Score, score < self.score_min),
        ]
        .into_iter()
        .filter_map(|(gate, is_shut)| is_shut.then_some(gate))
        .collect();
        let stage = if party.is_ambassador {
            AmbassadorStage::Ambassador
        } else if gates.is_empty() {
            AmbassadorStage::Potential
        } else if party.is_recurrent && speaks {
            AmbassadorStage::Active
        } else if party.is_recurrent {
            AmbassadorStage::Habitual
        } else {
            AmbassadorStage::None
        };
        Ambassador { score, stage, gates }
    }
}

impl AmbassadorGate {
    /// Returns the code used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotACustomer => "not_a_customer",
            Self::Sentiment => "sentiment",
            Self::ActiveWeeks => "active_weeks",
            Self::NoConsent => "no_consent",
            Self::EmployeeOrBot => "employee_or_bot",
            Self::Score => "score",
        }
    }
}

impl AmbassadorStage {
    /// Returns the name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Habitual => "habitual",
            Self::Active => "active",
            Self::Potential => "potential",
            Self::Ambassador => "ambassador",
        }
    }
}

/// What is assumed, not measured, of advocacy; to be shown beside every return.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdvocacyAssumptions {
    /// New customers for each person reached.
    pub conversions_per_reach: f64,
    /// Margin of a new customer, in the currency of the cost.
    pub margin_per_conversion: f64,
}

impl AdvocacyAssumptions {
    /// Returns the expected return on the cost of winning a party over, as a multiple of the cost.
    ///
    /// `reach · participation · conversions · margin / cost` (capability A15): the reach is that of
    /// [`super::Reach`], the participation, from 0 to 1, how likely the party is to speak well.
    /// Nothing for a cost that is not above 0, or a figure that is not finite.
    pub fn expected_return(
        &self,
        potential_reach: f64,
        participation: f64,
        cost: f64,
    ) -> Option<f64> {
        let value = potential_reach.max(0.0)
            * participation.clamp(0.0, 1.0)
            * self.conversions_per_reach
            * self.margin_per_conversion;
        (cost > 0.0 && cost.is_finite() && value.is_finite()).then(|| value / cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate() -> AmbassadorCandidate {
        AmbassadorCandidate {
            loyalty_degree: 0.8,
            participation: 0.5,
            diffusion: 0.5,
            sentiment: 0.4,
            active_weeks: 6,
            is_customer: true,
            is_recurrent: true,
            has_consent: true,
            is_employee_or_bot: false,
            is_ambassador: false,
        }
    }

    #[test]
    fn every_gate_is_told() {
        let params = AmbassadorParams::new(0.1, 0.2, 4, true).expect("valid");
        let found = params.judge(&candidate());
        assert!((found.score - 0.2).abs() < 1e-15);
        assert_eq!((found.stage.as_str(), found.gates.len()), ("potential", 0));
        let shut = params.judge(&AmbassadorCandidate {
            diffusion: f64::NAN,
            sentiment: f64::NAN,
            active_weeks: 3,
            is_customer: false,
            has_consent: false,
            is_employee_or_bot: true,
            ..candidate()
        });
        let codes: Vec<&str> = shut.gates.iter().map(|gate| gate.as_str()).collect();
        assert_eq!(
            codes,
            [
                "not_a_customer",
                "sentiment",
                "active_weeks",
                "no_consent",
                "employee_or_bot",
                "score"
            ]
        );
        assert_eq!(shut.stage, AmbassadorStage::Habitual);
    }

    #[test]
    fn a_customer_grows_from_habit_to_voice() {
        let params = AmbassadorParams::new(0.1, 0.2, 4, true).expect("valid");
        let stage = |party| params.judge(&party).stage.as_str();
        assert_eq!(
            stage(AmbassadorCandidate { is_recurrent: false, has_consent: false, ..candidate() }),
            "none"
        );
        assert_eq!(stage(AmbassadorCandidate { active_weeks: 0, ..candidate() }), "habitual");
        assert_eq!(stage(AmbassadorCandidate { sentiment: -0.5, ..candidate() }), "active");
        assert_eq!(stage(AmbassadorCandidate { is_ambassador: true, ..candidate() }), "ambassador");
        let open = AmbassadorParams::new(0.0, -1.0, 0, false).expect("valid");
        let prospect =
            AmbassadorCandidate { is_customer: false, is_recurrent: false, ..candidate() };
        assert_eq!(open.judge(&prospect).stage, AmbassadorStage::Potential);
        assert!(AmbassadorParams::new(1.5, 0.0, 1, true).is_err());
        assert!(AmbassadorParams::new(0.5, -2.0, 1, true).is_err());
    }

    #[test]
    fn a_return_is_value_over_cost() {
        let assumed =
            AdvocacyAssumptions { conversions_per_reach: 0.001, margin_per_conversion: 20.0 };
        // 10,000 people, half as likely to hear well: 5 customers, 100 of margin, for 50.
        let found = assumed.expected_return(10_000.0, 0.5, 50.0).expect("a cost");
        assert!((found - 2.0).abs() < 1e-12);
        assert_eq!(assumed.expected_return(10_000.0, 0.5, 0.0), None);
        assert_eq!(assumed.expected_return(f64::INFINITY, 0.5, 1.0), None);
    }
}
