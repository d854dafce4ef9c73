//! Why records are one customer: the weight of each pair that was decided, from its start to its total.
//!
//! Written for one customer at a time, for whoever may look at one; the report of a night tells nothing
//! of it. References that are identifiers are not told: only their kind is.

mod svg;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;

use arrow_array::{Array, Float64Array, RecordBatch, StringArray};
use idip_schemas::identify::match_weight;
use serde::Serialize;

use crate::ReportError;
use crate::language::Words;

/// The references of one customer, and the pairs with one of them that were decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The customer.
    pub customer_id: i64,
    /// Bits from which on a pair speaks for one person.
    pub threshold: f64,
    /// Its references, ascending, then those of other customers that were weighed against them.
    pub references: Vec<Reference>,
    /// The pairs, heaviest first.
    pub pairs: Vec<Waterfall>,
    /// What people decided of pairs that were not weighed, in the order of their numbers.
    pub decisions: Vec<Decision>,
}

/// What a person decided of two references.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Decision {
    /// Number of the first reference.
    pub reference: usize,
    /// Number of the second one.
    pub other_reference: usize,
    /// `must_link` or `cannot_link`.
    pub verdict: &'static str,
}

/// One party reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// Its number, from 1.
    pub number: usize,
    /// Key in its source; of an identifier its kind alone, as `email:…`.
    pub name: String,
    /// The customer it belongs to.
    pub customer_id: i64,
}

/// One pair of references, and the sum that decided it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waterfall {
    /// Number of the first reference.
    pub reference: usize,
    /// Number of the second one.
    pub other_reference: usize,
    /// Whether both are one customer.
    pub is_linked: bool,
    /// `must_link` or `cannot_link` where a person decided, which outweighs the weight; null elsewhere.
    pub decision: Option<&'static str>,
    /// Log2 odds of one person, in bits: where the last step ends.
    pub weight: f64,
    /// Probability of one person.
    pub probability: f64,
    /// What the weight is made of, in the order in which it is added.
    pub steps: Vec<Step>,
}

/// One part of a weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Column of `match_weight` without its ending: `prior`, a comparison, or `household`.
    pub part: &'static str,
    /// How far the values agree; none for what is not compared.
    pub level: Option<String>,
    /// What it adds, in bits.
    pub bits: f64,
    /// The sum up to and with it.
    pub total: f64,
}

impl Evidence {
    /// Reads the pairs of a customer from rows of `match_weight`.
    ///
    /// `customer_of` has every reference of the customer and of the rows. A row with a reference that it
    /// lacks is left out. `decided` are the pairs of references that a person decided, the smaller first:
    /// true where they are one customer.
    ///
    /// # Errors
    ///
    /// The rows break their contract.
    pub fn new(
        customer_id: i64,
        threshold: f64,
        customer_of: &BTreeMap<String, i64>,
        decided: &BTreeMap<(String, String), bool>,
        weights: &RecordBatch,
    ) -> Result<Self, ReportError> {
        let rows = match_weight::Columns::parse(weights)?;
        let (own, others): (Vec<_>, Vec<_>) =
            customer_of.iter().partition(|(_, id)| **id == customer_id);
        let names: Vec<_> = own.into_iter().chain(others).collect();
        let numbers: BTreeMap<&str, usize> =
            names.iter().zip(1..).map(|((name, _), number)| (name.as_str(), number)).collect();
        let mut pairs: Vec<Waterfall> = (0..weights.num_rows())
            .filter_map(|row| Waterfall::read(&rows, row, &numbers))
            .collect();
        pairs.sort_by(|a, b| {
            b.weight.total_cmp(&a.weight).then_with(|| {
                (a.reference, a.other_reference).cmp(&(b.reference, b.other_reference))
            })
        });
        let mut decisions: BTreeMap<(usize, usize), &str> = decided
            .iter()
            .filter_map(|((a, b), is_one)| {
                let (a, b) = (*numbers.get(a.as_str())?, *numbers.get(b.as_str())?);
                let decision = if *is_one { "must_link" } else { "cannot_link" };
                Some(((a.min(b), a.max(b)), decision))
            })
            .collect();
        for pair in &mut pairs {
            pair.decision = decisions.remove(&(pair.reference, pair.other_reference));
        }
        let decisions = decisions.into_iter();
        let decisions = decisions.map(|((reference, other_reference), verdict)| Decision {
            reference,
            other_reference,
            verdict,
        });
        let references = names.into_iter().zip(1..).map(|((name, &customer_id), number)| {
            Reference { number, name: told(name), customer_id }
        });
        Ok(Self {
            customer_id,
            threshold,
            references: references.collect(),
            decisions: decisions.collect(),
            pairs,
        })
    }

    /// References of the customer itself.
    fn n_own(&self) -> usize {
        self.references.iter().filter(|it| it.customer_id == self.customer_id).count()
    }

    /// Whether a reference of the customer is in no pair, and in no decision.
    fn is_alone(&self, reference: &Reference) -> bool {
        let weighed = self.pairs.iter().map(|it| [it.reference, it.other_reference]);
        let decided = self.decisions.iter().map(|it| [it.reference, it.other_reference]);
        !weighed.chain(decided).any(|ends| ends.contains(&reference.number))
    }
}

impl Decision {
    fn told(&self, w: &Words) -> String {
        let verdict = match self.verdict {
            "must_link" => "waterfall.decided_one",
            _ => "waterfall.decided_two",
        };
        let (one, other) = (self.reference.to_string(), self.other_reference.to_string());
        w.fill("waterfall.decision", &[&one, &other, w.say(verdict)])
    }
}

impl Waterfall {
    fn read(
        rows: &match_weight::Columns,
        row: usize,
        numbers: &BTreeMap<&str, usize>,
    ) -> Option<Self> {
        let number = |names: &StringArray| numbers.get(names.value(row)).copied();
        let (a, b) = (number(&rows.party_ref)?, number(&rows.other_ref)?);
        let parts: [(_, &Float64Array, Option<&StringArray>); 10] = [
            ("prior", &rows.prior_bits, None),
            ("name", &rows.name_bits, Some(&rows.name_level)),
            ("birth_date", &rows.birth_date_bits, Some(&rows.birth_date_level)),
            ("email", &rows.email_bits, Some(&rows.email_level)),
            ("phone", &rows.phone_bits, Some(&rows.phone_level)),
            ("address", &rows.address_bits, Some(&rows.address_level)),
            ("loyalty_id", &rows.loyalty_id_bits, Some(&rows.loyalty_id_level)),
            ("payment_token", &rows.payment_token_bits, Some(&rows.payment_token_level)),
            ("handle", &rows.handle_bits, Some(&rows.handle_level)),
            ("household", &rows.household_bits, None),
        ];
        let mut total = 0.0;
        let steps = parts.into_iter().filter(|(_, bits, _)| bits.is_valid(row));
        let steps = steps.map(|(part, bits, level)| {
            let bits = bits.value(row);
            total += bits;
            let level = level.filter(|level| level.is_valid(row));
            Step { part, level: level.map(|level| level.value(row).to_owned()), bits, total }
        });
        Some(Self {
            reference: a.min(b),
            other_reference: a.max(b),
            is_linked: rows.is_linked.value(row),
            decision: None,
            weight: rows.weight.value(row),
            probability: rows.probability.value(row),
            steps: steps.collect(),
        })
    }

    /// What the pair came to, in words; the evidence is that which it is of.
    fn verdict(&self, of: &Evidence, w: &Words) -> &'static str {
        let is_heavy = self.weight >= of.threshold;
        w.say(match (self.decision, self.is_linked) {
            (Some("must_link"), true) => "waterfall.decided_one",
            (Some(_), false) => "waterfall.decided_two",
            (_, true) if is_heavy => "waterfall.linked",
            // No other record can have joined them: they were one last night.
            (_, true) if of.n_own() == 2 => "waterfall.kept",
            (_, true) => "waterfall.through",
            (_, false) if is_heavy => "waterfall.apart_although",
            (_, false) => "waterfall.apart",
        })
    }

    /// The pair in a line.
    fn heading(&self, of: &Evidence, w: &Words) -> String {
        w.fill(
            "waterfall.pair",
            &[
                &self.reference.to_string(),
                &self.other_reference.to_string(),
                &w.number(self.weight, 2),
                &w.number(self.probability, 4),
                self.verdict(of, w),
            ],
        )
    }

    /// The bars: each step, then the total.
    fn bars(&self, w: &Words) -> Vec<Bar> {
        let steps = self.steps.iter().map(|step| Bar {
            label: w.code("waterfall", step.part),
            bits: signed(step.bits, w),
            note: step.note(w),
            from: step.total - step.bits,
            to: step.total,
        });
        let total = Bar {
            label: w.say("waterfall.total").to_owned(),
            bits: signed(self.weight, w),
            note: w.fill("waterfall.probability", &[&w.number(self.probability, 4)]),
            from: 0.0,
            to: self.weight,
        };
        steps.chain([total]).collect()
    }
}

impl Step {
    fn note(&self, w: &Words) -> String {
        match (self.part, &self.level) {
            ("prior", _) => w.say("waterfall.note_prior").to_owned(),
            ("household", _) => w.say("waterfall.note_household").to_owned(),
            (_, Some(level)) => {
                let levels: Vec<String> =
                    level.split("; ").map(|level| w.code("level", level)).collect();
                levels.join("; ")
            }
            (_, None) => String::new(),
        }
    }
}

/// One bar of a drawing.
struct Bar {
    label: String,
    bits: String,
    note: String,
    from: f64,
    to: f64,
}

/// The bits that a drawing reaches over.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// A scale that has every bar, 0 and the threshold on it.
    fn of(bars: &[Bar], threshold: f64) -> Self {
        let ends = || bars.iter().flat_map(|bar| [bar.from, bar.to]).chain([0.0, threshold]);
        let low = ends().fold(0.0, f64::min);
        Self { low, high: ends().fold(low + 1.0, f64::max) }
    }

    /// Where some bits lie, from 0 to 1.
    fn place(&self, bits: f64) -> f64 {
        ((bits - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

fn signed(bits: f64, w: &Words) -> String {
    let number = w.number(bits, 2);
    if bits > 0.0 { format!("+{number}") } else { number }
}

/// A reference as it may be told: identifiers name or reach people, keys of a source do not.
fn told(reference: &str) -> String {
    let kind = reference.split_once(':').map_or("", |(kind, _)| kind);
    match kind {
        "loyalty" | "token" | "email" | "phone" | "handle" => format!("{kind}:…"),
        _ if reference.contains('@') => "…@…".to_owned(),
        _ => reference.to_owned(),
    }
}
