//! Figures of the whole portfolio, and the Lorenz curve.

use idip_numerics::concentration::{Concentration, ConcentrationError};
use idip_numerics::engagement::{FirstContact, engagement_capacity};
use idip_numerics::inference::Confidence;
use idip_schemas::differentiate::portfolio::{lorenz_point, portfolio};
use idip_stage::StageError;

use super::PortfolioParams;
use super::party::Party;

/// A value, or why there is none; and the parties it rests on.
type Figure = (&'static str, Result<f64, &'static str>, usize);

/// A part of the parties that are counted.
#[derive(Debug, Default)]
struct Count {
    n: usize,
    of: usize,
}

impl Count {
    fn add(&mut self, is: bool) {
        self.of += 1;
        self.n += usize::from(is);
    }

    fn share(&self, reason: &'static str) -> Result<f64, &'static str> {
        if self.of > 0 { Ok(self.n as f64 / self.of as f64) } else { Err(reason) }
    }
}

/// What the figures are made from, added up party by party.
#[derive(Debug, Default)]
pub(super) struct Figures {
    n_parties: usize,
    /// Net money of those who bought, in minor units.
    net_cents: Vec<i64>,
    changed: Count,
    fell: Count,
    moved: Count,
    recurrent: Count,
    mutual_loyalty: (f64, usize),
    mentions: (i64, usize),
    ambassadors: Count,
    first_campaigns: Vec<(i32, Option<i64>)>,
}

impl Figures {
    /// Adds a party; they come in the order of customers.
    pub(super) fn add(&mut self, party: &Party<'_>) {
        self.n_parties += 1;
        if party.has_bought {
            self.net_cents.push(party.net_cents);
            self.recurrent.add(party.is_recurrent);
            if let Some(n) = party.n_mentions {
                self.mentions = (self.mentions.0 + n, self.mentions.1 + 1);
            }
        }
        if let Some(last) = party.last_level {
            self.changed.add(party.level != last);
            self.fell.add(party.level < last);
        }
        if let Some(last) = party.last_state {
            self.moved.add(party.state != last);
        }
        if let Some(degree) = party.mutual_loyalty {
            let (sum, n) = self.mutual_loyalty;
            self.mutual_loyalty = (sum + degree, n + 1);
        }
        if let Some(is_ambassador) = party.is_ambassador {
            self.ambassadors.add(is_ambassador);
        }
        if let Some(sent_on) = party.first_campaign_on {
            self.first_campaigns.push((sent_on, party.first_response_days));
        }
    }

    /// All figures by name, and the points of the curve.
    pub(super) fn tables(
        &self,
        as_of: i32,
        params: &PortfolioParams,
    ) -> Result<(portfolio::Columns, lorenz_point::Columns), StageError> {
        let (mut figures, curve) = self.concentration(params.lorenz_steps)?;
        figures.extend(self.loyalty());
        figures.extend(self.advocacy());
        figures.push(self.capacity(as_of, params.response_days));
        figures.sort_unstable_by_key(|figure| figure.0);
        let columns = portfolio::Columns {
            figure: figures.iter().map(|figure| Some(figure.0)).collect(),
            value: figures.iter().map(|figure| figure.1.ok()).collect(),
            n_customers: figures.iter().map(|figure| Some(figure.2 as i64)).collect(),
            reason: figures.iter().map(|figure| figure.1.err()).collect(),
        };
        Ok((columns, curve))
    }

    /// Who brought back more than they bought has 0: a share below 0 means nothing.
    fn concentration(
        &self,
        n_steps: u32,
    ) -> Result<(Vec<Figure>, lorenz_point::Columns), StageError> {
        let below: usize = self.net_cents.iter().filter(|&&cents| cents < 0).count();
        let cents: Vec<i64> = self.net_cents.iter().map(|&cents| cents.max(0)).collect();
        let n = cents.len();
        let found = match Concentration::of_cents(&cents) {
            Ok(found) => Ok(found),
            Err(ConcentrationError::NoAmounts) => Err("no_customers"),
            Err(ConcentrationError::NoTotal) => Err("no_net_money"),
            Err(source) => {
                let what = "the concentration of net money";
                return Err(StageError::Algorithm { what, source: Box::new(source) });
            }
        };
        let of = |value: &dyn Fn(&Concentration) -> f64| match &found {
            Ok(found) => Ok(value(found)),
            Err(reason) => Err(*reason),
        };
        let half = |found: &Concentration| found.n_customers_with(5_000) as f64;
        let figures = vec![
            ("n_parties", Ok(self.n_parties as f64), self.n_parties),
            ("n_customers", Ok(n as f64), n),
            ("n_customers_below_zero", Ok(below as f64), n),
            ("gini", of(&Concentration::gini), n),
            ("top_1_percent_share", of(&|found| found.top_share(100)), n),
            ("top_5_percent_share", of(&|found| found.top_share(500)), n),
            ("top_10_percent_share", of(&|found| found.top_share(1_000)), n),
            ("top_20_percent_share", of(&|found| found.top_share(2_000)), n),
            ("n_customers_with_half", of(&half), n),
            ("customers_with_half_share", of(&|found| half(found) / n as f64), n),
        ];
        let points = found.map(|found| found.lorenz(n_steps)).unwrap_or_default();
        let curve = lorenz_point::Columns {
            point: (0..points.len() as i64).map(Some).collect(),
            customer_share: points.iter().map(|point| Some(point.customer_share)).collect(),
            value_share: points.iter().map(|point| Some(point.value_share)).collect(),
        };
        Ok((figures, curve))
    }

    fn loyalty(&self) -> Vec<Figure> {
        let mean = match self.mutual_loyalty {
            (_, 0) if self.n_parties == 0 => Err("no_parties"),
            (_, 0) => Err("no_company_contacts"),
            (sum, n) => Ok(sum / n as f64),
        };
        let share = |name, count: &Count, reason| (name, count.share(reason), count.of);
        vec![
            share("loyalty_volatility", &self.changed, "no_last_night"),
            share("loyalty_fallen_share", &self.fell, "no_last_night"),
            share("lifecycle_volatility", &self.moved, "no_last_night"),
            share("recurrent_share", &self.recurrent, "no_customers"),
            ("mean_mutual_loyalty", mean, self.mutual_loyalty.1),
        ]
    }

    fn advocacy(&self) -> Vec<Figure> {
        let mentions = match self.mentions {
            (_, 0) if self.net_cents.is_empty() => Err("no_customers"),
            (_, 0) => Err("no_mentions_told"),
            (sum, n) => Ok(1000.0 * sum as f64 / n as f64),
        };
        let ambassadors = match &self.ambassadors {
            Count { of: 0, .. } => Err("not_judged"),
            Count { n, .. } => Ok(*n as f64),
        };
        vec![
            ("mentions_per_1000_customers", mentions, self.mentions.1),
            ("n_ambassadors", ambassadors, self.ambassadors.of),
        ]
    }

    /// The share of contacted parties that respond in time (capability A30).
    fn capacity(&self, as_of: i32, within_days: u32) -> Figure {
        let contact = |&(sent_on, response_days): &(i32, Option<i64>)| FirstContact {
            age_days: f64::from(as_of) - f64::from(sent_on),
            response_after_days: response_days.map(|days| days as f64),
        };
        let contacts: Vec<FirstContact> = self.first_campaigns.iter().map(contact).collect();
        let name = "engagement_capacity";
        if contacts.is_empty() {
            return (name, Err("no_campaign_contacts"), 0);
        }
        // The confidence sets the interval alone, which is not published.
        match engagement_capacity(&contacts, f64::from(within_days), Confidence::P95) {
            Ok(found) => (name, Ok(found.share.value), found.n_decided as usize),
            Err(_) => (name, Err("too_early"), 0),
        }
    }
}
