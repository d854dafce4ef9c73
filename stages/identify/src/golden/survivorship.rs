//! Which of several values on the records of one customer stays.
//!
//! A value counts as much as the records that have it: each by the trust in its source, halved with every
//! half-life of its age. So a value that sources agree on outlasts a newer one that only one of them has,
//! for a while.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use arrow_array::Array;

use super::fields::Values;

/// Day of the last change, then of the registration; a missing day comes before every day.
pub(super) type Recency = (Option<i32>, Option<i32>);

/// What a record of full trust and no age weighs for each hundredth of trust. Whole numbers, so that sums
/// do not depend on the order of records; 2^24 tells ages apart over 24 half-lives.
const UNIT: f64 = 16_777_216.0;

/// Half-lives by which a value without a day is older than the newest one.
const UNDATED_HALF_LIVES: f64 = 4.0;

/// The observations of each customer, the most recent first.
#[derive(Debug)]
pub(super) struct History {
    /// Where each customer's observations start in `order`, and the end; shape `(n_customers + 1,)`.
    starts: Vec<usize>,
    order: Vec<u32>,
    recency: Vec<Recency>,
}

impl History {
    /// Sorts observations by customer. O(n log n).
    ///
    /// `observed` gives the customer and the recency of each; customers that `customer_ids`, ascending,
    /// does not list are left out.
    pub(super) fn new(customer_ids: &[i64], observed: &[(i64, Recency)]) -> Self {
        let mut order: Vec<u32> = (0..observed.len() as u32).collect();
        let key =
            |observation: &u32| observed.get(*observation as usize).copied().unwrap_or_default();
        order.sort_unstable_by(|a, b| {
            let ((customer_a, recency_a), (customer_b, recency_b)) = (key(a), key(b));
            customer_a.cmp(&customer_b).then(recency_b.cmp(&recency_a)).then(a.cmp(b))
        });
        let mut starts = Vec::with_capacity(customer_ids.len() + 1);
        let mut kept = Vec::with_capacity(order.len());
        let mut observations = order.into_iter().peekable();
        for &customer_id in customer_ids {
            starts.push(kept.len());
            while let Some(observation) = observations.next_if(|o| key(o).0 <= customer_id) {
                if key(&observation).0 == customer_id {
                    kept.push(observation);
                }
            }
        }
        starts.push(kept.len());
        Self {
            starts,
            order: kept,
            recency: observed.iter().map(|(_, recency)| *recency).collect(),
        }
    }

    /// The observations of each customer.
    pub(super) fn customers(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.starts.windows(2).map(|bounds| match bounds {
            [start, end] => self.order.get(Range { start: *start, end: *end }).unwrap_or_default(),
            _ => &[],
        })
    }

    /// When an observation was last changed.
    pub(super) fn recency(&self, observation: u32) -> Recency {
        self.recency.get(observation as usize).copied().unwrap_or_default()
    }

    /// The value of a field that each customer keeps, and what it was preferred to.
    pub(super) fn decide(&self, values: &Values, weights: &Weights<'_>) -> Decisions {
        let mut decisions = Decisions { survivors: Vec::new(), conflicts: Vec::new() };
        if values.clean.null_count() == values.clean.len() {
            decisions.survivors.resize(self.customers().len(), None);
            return decisions;
        }
        for (customer, observations) in self.customers().enumerate() {
            let mut valued = observations.iter().copied().filter(|&o| values.get(o).is_some());
            let Some(first) = valued.next() else {
                decisions.survivors.push(None);
                continue;
            };
            if valued.clone().all(|o| values.get(o) == values.get(first)) {
                decisions.survivors.push(Some(first));
                continue;
            }
            let valued: Vec<u32> = std::iter::once(first).chain(valued).collect();
            let (survivor, conflict) = self.contest(customer, &valued, values, weights);
            decisions.survivors.push(survivor);
            decisions.conflicts.extend(conflict);
        }
        decisions
    }

    /// Weighs the values of one customer, of which there are several.
    fn contest(
        &self,
        customer: usize,
        valued: &[u32],
        values: &Values,
        weights: &Weights<'_>,
    ) -> (Option<u32>, Option<Conflict>) {
        let newest = valued.iter().filter_map(|&o| day(self.recency(o))).max();
        let mut groups: BTreeMap<String, BTreeMap<&str, Spelling>> = BTreeMap::new();
        for &observation in valued {
            let Some(text) = values.get(observation) else { continue };
            let stand = Stand {
                recency: self.recency(observation),
                trust: weights.trust(observation),
                source: Reverse(weights.source(observation)),
            };
            let weight = weights.of(stand.trust, day(stand.recency), newest);
            let spelling = groups
                .entry(values.key(observation))
                .or_default()
                .entry(text)
                .or_insert(Spelling { weight: 0, stand, observation });
            spelling.weight += weight;
            if stand > spelling.stand {
                (spelling.stand, spelling.observation) = (stand, observation);
            }
        }
        let mut ranked: Vec<Candidate<'_>> = groups
            .iter()
            .filter_map(|(key, spellings)| {
                let best = spellings.iter().max_by_key(|(text, it)| it.rank(text))?;
                Some(Candidate {
                    key,
                    text: best.0,
                    weight: spellings.values().map(|it| it.weight).sum(),
                    recency: spellings.values().map(|it| it.stand.recency).max()?,
                    observation: best.1.observation,
                })
            })
            .collect();
        ranked.sort_unstable_by_key(|it| {
            (Reverse((it.weight, it.recency, it.text.chars().count())), it.text)
        });
        let Some(mut winner) = ranked.first() else { return (None, None) };
        // A short form stands for a full one that is known too; chains of them end.
        for _ in 0..ranked.len() {
            match ranked.iter().find(|other| values.is_short_form(winner.key, other.key)) {
                Some(full) => winner = full,
                None => break,
            }
        }
        let rivals = || ranked.iter().filter(|it| !values.agree(it.key, winner.key));
        let total: u64 = ranked.iter().map(|it| it.weight).sum();
        let conflict = rivals().next().map(|rival| Conflict {
            customer,
            survivor: winner.observation,
            runner_up: rival.observation,
            n_values: 1 + rivals().count(),
            n_records: valued.len(),
            share: if total == 0 { 0.0 } else { winner.weight as f64 / total as f64 },
        });
        (Some(winner.observation), conflict)
    }
}

fn day(recency: Recency) -> Option<i32> {
    recency.0.or(recency.1)
}

/// The observation of each customer that stays, and where there was more than one value to choose from.
#[derive(Debug)]
pub(super) struct Decisions {
    /// Shape `(n_customers,)`.
    pub(super) survivors: Vec<Option<u32>>,
    /// By customer, ascending.
    pub(super) conflicts: Vec<Conflict>,
}

/// One field in which the records of a customer disagree.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Conflict {
    /// Position of the customer.
    pub(super) customer: usize,
    pub(super) survivor: u32,
    /// The observation whose value would have stayed otherwise.
    pub(super) runner_up: u32,
    /// Values that contradict each other.
    pub(super) n_values: usize,
    pub(super) n_records: usize,
    /// Weight of the value that stayed, of all.
    pub(super) share: f64,
}

/// One spelling of a value.
#[derive(Debug)]
struct Spelling {
    weight: u64,
    stand: Stand,
    observation: u32,
}

impl Spelling {
    /// The heaviest spelling, then the most recent, the longest, the smallest.
    fn rank<'t>(&self, text: &'t str) -> (u64, Recency, usize, Reverse<&'t str>) {
        (self.weight, self.stand.recency, text.chars().count(), Reverse(text))
    }
}

/// By what one of several records with the very same value is named as its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stand {
    recency: Recency,
    trust: u32,
    source: Reverse<u32>,
}

/// One value with its spellings taken together.
#[derive(Debug)]
struct Candidate<'v> {
    key: &'v str,
    text: &'v str,
    weight: u64,
    recency: Recency,
    observation: u32,
}

/// How much each observation counts for one field.
#[derive(Debug)]
pub(super) struct Weights<'s> {
    /// Source of each observation; those beyond the end have none.
    pub(super) sources: &'s [u32],
    /// Trust in each source for this field, in hundredths.
    pub(super) trust: Vec<u32>,
    /// In days; none for values that do not age.
    pub(super) half_life: Option<u32>,
}

/// Trust in an identifier that names a party by itself, in hundredths: that of a usual record.
const BARE_TRUST: u32 = 100;

impl Weights<'_> {
    fn source(&self, observation: u32) -> u32 {
        self.sources.get(observation as usize).copied().unwrap_or(u32::MAX)
    }

    fn trust(&self, observation: u32) -> u32 {
        self.trust.get(self.source(observation) as usize).copied().unwrap_or(BARE_TRUST)
    }

    /// The weight of a value of this day; ages are counted from the newest value of the customer, so that
    /// what stays does not depend on the date of the night.
    fn of(&self, trust: u32, day: Option<i32>, newest: Option<i32>) -> u64 {
        let half_lives = match (self.half_life, newest, day) {
            (None, ..) | (_, None, _) => 0.0,
            (Some(_), Some(_), None) => UNDATED_HALF_LIVES,
            (Some(half_life), Some(newest), Some(day)) => {
                (f64::from(newest) - f64::from(day)) / f64::from(half_life)
            }
        };
        (f64::from(trust) * UNIT * (-half_lives).exp2()).round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::Field;
    use super::*;

    const NONE: Recency = (None, None);

    fn on(day: i32) -> Recency {
        (Some(day), None)
    }

    /// What one customer keeps of these values, each with its day and source.
    fn decided(
        field: &str,
        values: &[(Option<&str>, Recency, u32)],
        trust: &[u32],
        half_life: Option<u32>,
    ) -> (Option<String>, Option<Conflict>) {
        let observed: Vec<_> = values.iter().map(|it| (7, it.1)).collect();
        let sources: Vec<u32> = values.iter().map(|it| it.2).collect();
        let history = History::new(&[7], &observed);
        let values = Values {
            field: Field::of_code(field).unwrap(),
            clean: values.iter().map(|it| it.0).collect(),
            country: values.iter().map(|_| None::<&str>).collect(),
        };
        let weights = Weights { sources: &sources, trust: trust.to_vec(), half_life };
        let decisions = history.decide(&values, &weights);
        let kept = decisions.survivors[0].and_then(|o| values.get(o)).map(str::to_owned);
        (kept, decisions.conflicts.first().cloned())
    }

    fn kept(field: &str, values: &[(&str, i32)]) -> Option<String> {
        let values: Vec<_> = values.iter().map(|&(text, day)| (Some(text), on(day), 0)).collect();
        decided(field, &values, &[100], Some(365)).0
    }

    #[test]
    fn two_that_agree_outlast_a_newer_one_for_a_half_life() {
        // A year of age halves: two of them weigh as much as a new one, and the newer one wins the tie.
        assert_eq!(
            kept("email", &[("a@x.es", 0), ("a@x.es", 0), ("b@x.es", 364)]).unwrap(),
            "a@x.es"
        );
        assert_eq!(
            kept("email", &[("a@x.es", 0), ("a@x.es", 0), ("b@x.es", 365)]).unwrap(),
            "b@x.es"
        );
        assert_eq!(kept("email", &[("a@x.es", 0), ("b@x.es", 1)]).unwrap(), "b@x.es");
    }

    #[test]
    fn a_tie_goes_to_the_newer_then_the_longer_then_the_smaller_text() {
        assert_eq!(kept("city", &[("Toledo", 5), ("Madrid", 5)]).unwrap(), "Madrid");
        assert_eq!(kept("city", &[("Toledo", 5), ("Guadalajara", 5)]).unwrap(), "Guadalajara");
    }

    #[test]
    fn a_trusted_source_outweighs_others_and_one_without_trust_counts_alone() {
        let values =
            [(Some("a@x.es"), on(9), 0), (Some("a@x.es"), on(9), 0), (Some("b@x.es"), on(9), 1)];
        let by = |trust: &[u32]| decided("email", &values, trust, None).0.unwrap();
        assert_eq!(by(&[100, 150]), "a@x.es");
        assert_eq!(by(&[100, 201]), "b@x.es");
        assert_eq!(by(&[0, 1]), "b@x.es");
        assert_eq!(decided("email", &values[2..], &[0, 0], None).0.unwrap(), "b@x.es");
    }

    #[test]
    fn spellings_count_together_and_the_usual_one_is_shown() {
        let (kept, conflict) = decided(
            "last_name",
            &[
                (Some("GARCIA"), on(9), 0),
                (Some("García"), on(8), 0),
                (Some("García"), on(7), 0),
                (Some("Ruiz"), on(9), 0),
            ],
            &[100],
            None,
        );
        assert_eq!(kept.unwrap(), "García");
        let conflict = conflict.unwrap();
        assert_eq!((conflict.n_values, conflict.n_records, conflict.runner_up), (2, 4, 3));
        assert!((conflict.share - 0.75).abs() < 1e-12);
    }

    #[test]
    fn a_full_name_goes_before_its_short_form_and_does_not_contradict_it() {
        for (field, values, expected) in [
            ("first_name", ["Pepe", "Pepe", "José Luis"], "José Luis"),
            ("first_name", ["J.", "J.", "Jose"], "Jose"),
            ("last_name", ["García", "García", "García López"], "García López"),
        ] {
            let values: Vec<_> = values.iter().map(|&it| (Some(it), on(9), 0)).collect();
            let (kept, conflict) = decided(field, &values, &[100], None);
            assert_eq!(kept.unwrap(), expected);
            assert_eq!(conflict, None, "{expected}");
        }
        assert_eq!(kept("first_name", &[("Bill", 9), ("Bob", 1)]).unwrap(), "Bill");
    }

    #[test]
    fn an_undated_value_is_old_and_undated_ones_are_equal() {
        let values = |recency| [(Some("a@x.es"), recency, 0), (Some("bb@x.es"), NONE, 0)];
        assert_eq!(decided("email", &values(on(1)), &[100], Some(9)).0.unwrap(), "a@x.es");
        assert_eq!(decided("email", &values(NONE), &[100], Some(9)).0.unwrap(), "bb@x.es");
    }

    #[test]
    fn customers_without_observations_and_observations_without_customer_are_told_apart() {
        let observed = [(9, on(10)), (1, on(20)), (5, on(10)), (9, on(20))];
        let history = History::new(&[1, 4, 9], &observed);
        let of_each: Vec<_> = history.customers().map(<[u32]>::to_vec).collect();
        assert_eq!(of_each, [vec![1], vec![], vec![3, 0]]);
    }
}
