//! Expectation-maximisation on counts of patterns.

use crate::linkage::pattern::Pattern;

/// Probabilities of one class: a list of levels for each comparison.
type Levels = Vec<Vec<f64>>;

/// What expectation-maximisation starts from and holds on to.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// Where the class of one person starts.
    pub same_person: Levels,
    /// Most that each of its levels may come to.
    pub same_person_most: Levels,
    /// Where the class of one household starts; none for two classes.
    pub same_household: Option<Levels>,
    /// Comparisons whose levels in the class of one household stay as they start, a bit each.
    pub household_held: u16,
    /// The class of strangers, which stays as it is.
    pub strangers: Levels,
    /// Comparisons whose levels in the class of one person stay as they start, a bit each.
    pub held: u16,
    /// Pairs by which the start of the class of one person weighs, a level.
    pub person_pairs: f64,
    /// Pairs by which the start of the class of one household weighs, all levels together.
    pub household_pairs: f64,
}

/// How the pairs of a session divide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassShares {
    /// Share of pairs of one person.
    pub person: f64,
    /// Share of pairs of one household, 0 with two classes.
    pub household: f64,
}

/// Most rounds, and the change of a probability below which they end.
const MAX_ROUNDS: usize = 80;
const SMALLEST_CHANGE: f64 = 1e-5;

/// Least probability of a level.
const FLOOR: f64 = 1e-6;

/// Maximises the likelihood of counts of patterns over the classes of one person and one household.
///
/// `q_p^C = lambda_C prod_k theta^C_k,g / sum over classes`; `theta^C_kg` is the share of `q^C` at level
/// `g`, with the start as Dirichlet prior (Dempster, Laird, Rubin 1977; Winkler 1988). Comparisons that
/// no pattern has keep their start. Returns the shares of the classes and the two lists of levels.
pub fn maximise(
    patterns: &[(Pattern, u64)],
    start: &Expectation,
) -> (ClassShares, Levels, Option<Levels>) {
    let mut person = start.same_person.clone();
    let mut household = start.same_household.clone();
    let mut shares = match household {
        Some(_) => ClassShares { person: 0.3, household: 0.2 },
        None => ClassShares { person: 0.3, household: 0.0 },
    };
    let total: f64 = patterns.iter().map(|&(_, n)| n as f64).sum();
    if total == 0.0 {
        return (ClassShares { person: 0.0, household: 0.0 }, person, household);
    }
    for _ in 0..MAX_ROUNDS {
        let mut sums = Sums {
            person: zeros(&person),
            household: household.as_ref().map(zeros),
            n_person: 0.0,
            n_household: 0.0,
        };
        let logs = Logs::of(&person, household.as_ref(), &start.strangers);
        for &(pattern, count) in patterns {
            let (p, h) = logs.posterior(pattern, shares);
            sums.add(pattern, count as f64, p, h);
        }
        shares = ClassShares {
            person: (sums.n_person / total).clamp(1e-9, 1.0 - 1e-9),
            household: sums.n_household / total,
        };
        let per_level = |levels: &Levels| -> Levels {
            levels.iter().map(|levels| vec![start.person_pairs; levels.len()]).collect()
        };
        let mut next = dirichlet(&sums.person, &per_level(&person), &start.same_person);
        hold(&mut next, &start.same_person, start.held);
        hold_down(&mut next, &start.same_person_most, &start.same_person);
        let mut change = largest_change(&person, &next);
        person = next;
        if let (Some(old), Some(sums), Some(begin)) =
            (&household, &sums.household, &start.same_household)
        {
            let weights: Levels = begin
                .iter()
                .map(|levels| levels.iter().map(|share| share * start.household_pairs).collect())
                .collect();
            let mut next = dirichlet(sums, &weights, begin);
            hold(&mut next, begin, start.household_held);
            change = change.max(largest_change(old, &next));
            household = Some(next);
        }
        if change < SMALLEST_CHANGE {
            break;
        }
    }
    (shares, person, household)
}

struct Sums {
    person: Levels,
    household: Option<Levels>,
    n_person: f64,
    n_household: f64,
}

impl Sums {
    fn add(&mut self, pattern: Pattern, count: f64, person: f64, household: f64) {
        self.n_person += count * person;
        self.n_household += count * household;
        for (comparison, level) in pattern.comparable() {
            let slot = |levels: &mut Levels, share: f64| {
                let level = usize::from(level) - 1;
                if let Some(sum) = levels.get_mut(comparison).and_then(|c| c.get_mut(level)) {
                    *sum += count * share;
                }
            };
            slot(&mut self.person, person);
            if let Some(levels) = &mut self.household {
                slot(levels, household);
            }
        }
    }
}

struct Logs {
    person: Levels,
    household: Option<Levels>,
    strangers: Levels,
}

impl Logs {
    fn of(person: &Levels, household: Option<&Levels>, strangers: &Levels) -> Self {
        let log = |levels: &Levels| -> Levels {
            levels.iter().map(|l| l.iter().map(|p| p.max(1e-12).ln()).collect()).collect()
        };
        Self { person: log(person), household: household.map(log), strangers: log(strangers) }
    }

    /// The probabilities of one person and of one household, given a pattern.
    fn posterior(&self, pattern: Pattern, shares: ClassShares) -> (f64, f64) {
        let sum = |levels: &Levels| -> f64 {
            pattern
                .comparable()
                .filter_map(|(comparison, level)| {
                    levels.get(comparison)?.get(usize::from(level) - 1).copied()
                })
                .sum()
        };
        let strangers = (1.0 - shares.person - shares.household).max(1e-9);
        let person = shares.person.ln() + sum(&self.person);
        let household = match &self.household {
            Some(levels) if shares.household > 0.0 => shares.household.ln() + sum(levels),
            _ => f64::NEG_INFINITY,
        };
        let stranger = strangers.ln() + sum(&self.strangers);
        let most = person.max(household).max(stranger);
        let [p, h, s] = [person, household, stranger].map(|log| (log - most).exp());
        (p / (p + h + s), h / (p + h + s))
    }
}

/// The share that agree as asked among the pairs of one person for which that can be told.
pub(super) fn share_of_person(
    patterns: &[(Pattern, u64)],
    shares: ClassShares,
    classes: (&Levels, Option<&Levels>, &Levels),
    agrees: impl Fn(Pattern) -> Option<bool>,
) -> f64 {
    let logs = Logs::of(classes.0, classes.1, classes.2);
    let (mut of_those, mut all) = (0.0, 0.0);
    for &(pattern, count) in patterns {
        let Some(agrees) = agrees(pattern) else { continue };
        let n = logs.posterior(pattern, shares).0 * count as f64;
        all += n;
        of_those += if agrees { n } else { 0.0 };
    }
    if all > 0.0 { of_those / all } else { 0.0 }
}

/// Leaves comparisons as they start, a bit each.
fn hold(levels: &mut Levels, start: &Levels, held: u16) {
    for (place, (levels, start)) in levels.iter_mut().zip(start).enumerate() {
        if held >> place & 1 == 1 {
            levels.clone_from(start);
        }
    }
}

/// Gives what levels have above their most to those that may have more, as they are; as they start,
/// where those have nothing.
fn hold_down(levels: &mut Levels, most: &Levels, start: &Levels) {
    for ((levels, most), start) in levels.iter_mut().zip(most).zip(start) {
        let is_open = |level: &usize| most.get(*level).is_none_or(|&most| most >= 1.0);
        let mut excess = 0.0;
        for (level, &most) in levels.iter_mut().zip(most) {
            excess += (*level - most).max(0.0);
            *level = level.min(most);
        }
        if excess == 0.0 {
            continue;
        }
        let sum = |of: &[f64]| -> f64 {
            of.iter().enumerate().filter(|(at, _)| is_open(at)).map(|(_, share)| share).sum()
        };
        let shares = if sum(levels) > 1e-3 { levels.clone() } else { start.clone() };
        let total = sum(&shares);
        for (at, (level, share)) in levels.iter_mut().zip(&shares).enumerate() {
            if is_open(&at) && total > 0.0 {
                *level += excess * share / total;
            }
        }
    }
}

fn zeros(levels: &Levels) -> Levels {
    levels.iter().map(|levels| vec![0.0; levels.len()]).collect()
}

fn dirichlet(sums: &Levels, weights: &Levels, start: &Levels) -> Levels {
    let comparisons = sums.iter().zip(weights).zip(start);
    comparisons
        .map(|((sums, weights), start)| {
            if sums.iter().sum::<f64>() == 0.0 {
                return start.clone();
            }
            let total: f64 = sums.iter().chain(weights).sum();
            let shares = sums.iter().zip(weights);
            shares.map(|(sum, weight)| ((sum + weight) / total).max(FLOOR)).collect()
        })
        .collect()
}

fn largest_change(old: &Levels, new: &Levels) -> f64 {
    let pairs = old.iter().flatten().zip(new.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(levels: &[u8]) -> Pattern {
        let mut pattern = Pattern::default();
        for (place, &level) in levels.iter().enumerate() {
            pattern.set(place, level);
        }
        pattern
    }

    #[test]
    fn one_round_is_what_bayes_gives() {
        // One comparison of two levels, m = (.8, .2), u = (.2, .8), lambda starts at .3. At agreement
        // q = .3 x .8 / (.3 x .8 + .7 x .2) = .24 / .38; at the other level .06 / .62.
        let logs = Logs::of(&vec![vec![0.8, 0.2]], None, &vec![vec![0.2, 0.8]]);
        let shares = ClassShares { person: 0.3, household: 0.0 };
        let (agree, _) = logs.posterior(pattern(&[1]), shares);
        let (differ, _) = logs.posterior(pattern(&[2]), shares);
        assert!((agree - 0.24 / 0.38).abs() < 1e-12 && (differ - 0.06 / 0.62).abs() < 1e-12);
    }

    #[test]
    fn planted_classes_are_found_again() {
        // Four independent comparisons of two levels; m and h planted, u known; expected counts.
        let (m, h, u) = ([0.9, 0.85, 0.95, 0.8], [0.9, 0.1, 0.05, 0.75], [0.05, 0.1, 0.02, 0.05]);
        let shares = [0.3, 0.2, 0.5];
        let n = 1e7;
        let mut patterns = Vec::new();
        for code in 0..16_u8 {
            let levels = [code & 1, code >> 1 & 1, code >> 2 & 1, code >> 3].map(|bit| 2 - bit);
            let of = |class: &[f64; 4]| -> f64 {
                let pairs = class.iter().zip(levels);
                pairs.map(|(p, level)| if level == 1 { *p } else { 1.0 - p }).product()
            };
            let share = shares[0] * of(&m) + shares[1] * of(&h) + shares[2] * of(&u);
            patterns.push((pattern(&levels), (n * share).round() as u64));
        }
        let two = |p: f64| vec![p, 1.0 - p];
        let start = Expectation {
            same_person: vec![two(0.8); 4],
            same_person_most: vec![vec![1.0; 2]; 4],
            same_household: Some(vec![two(0.8), two(0.1), two(0.05), two(0.8)]),
            strangers: u.iter().map(|&p| two(p)).collect(),
            household_held: 0,
            held: 0,
            person_pairs: 0.01,
            household_pairs: 20.0,
        };
        let (found, person, household) = maximise(&patterns, &start);
        // As near as eighty rounds come.
        let household = household.expect("three classes");
        assert!((found.person - 0.3).abs() < 0.04 && (found.household - 0.2).abs() < 0.04);
        for k in 0..4 {
            assert!((person[k][0] - m[k]).abs() < 0.08, "{:?}", person[k]);
            assert!((household[k][0] - h[k]).abs() < 0.08, "{:?}", household[k]);
        }
    }

    #[test]
    fn what_is_above_its_most_goes_to_the_levels_that_may_have_more() {
        let most = vec![vec![1.0, 1.0, 0.2]; 2];
        let start = vec![vec![0.6, 0.3, 0.1]; 2];
        // .3 too much, one part to three; and .8 too much where the others have nothing, as they start.
        let mut levels = vec![vec![0.125, 0.375, 0.5], vec![0.0, 0.0, 1.0]];
        hold_down(&mut levels, &most, &start);
        let expected = [[0.2, 0.6, 0.2], [1.6 / 3.0, 0.8 / 3.0, 0.2]];
        for (found, expected) in levels.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-12, "{levels:?}");
        }
        let within = levels.clone();
        hold_down(&mut levels, &most, &start);
        assert_eq!(levels, within);
    }

    #[test]
    fn a_comparison_without_pairs_keeps_its_start() {
        let start = Expectation {
            same_person: vec![vec![0.7, 0.3], vec![0.6, 0.4]],
            same_person_most: vec![vec![1.0; 2]; 2],
            same_household: None,
            strangers: vec![vec![0.1, 0.9]; 2],
            household_held: 0,
            held: 0,
            person_pairs: 0.01,
            household_pairs: 20.0,
        };
        let (_, person, household) = maximise(&[(pattern(&[1]), 5)], &start);
        assert_eq!((person[1].as_slice(), household), (&[0.6, 0.4][..], None));
        let (shares, _, _) = maximise(&[], &start);
        assert_eq!(shares, ClassShares { person: 0.0, household: 0.0 });
    }
}
