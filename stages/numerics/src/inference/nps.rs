//! Survey scores: net promoter score, customer effort, satisfaction.
//!
//! A score says what those who answered said. Who was asked and who answered is not in it.

use super::{Confidence, Estimate, NotEstimable, Proportion, Sample, student_t_quantile, wilson};
use crate::shrinkage::{RatePrior, Trials};

/// Answers to "how likely are you to recommend us", from 0 to 10, by group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NpsCounts {
    /// Answers of 9 and 10.
    pub promoters: u64,
    /// Answers of 7 and 8.
    pub passives: u64,
    /// Answers of 0 to 6.
    pub detractors: u64,
}

/// A net promoter score, in points from -100 to 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetPromoterScore {
    /// Percent promoters minus percent detractors, with its interval, in points.
    pub points: Estimate,
    /// Standard error `100 sqrt((p + d - (p - d)^2) / n)`, in points; 0 when all answer alike.
    pub standard_error_points: f64,
    /// Share of promoters with Wilson's interval.
    pub promoter_share: Estimate,
    /// Share of detractors with Wilson's interval.
    pub detractor_share: Estimate,
}

impl NpsCounts {
    /// Counts answers from 0 to 10.
    ///
    /// # Errors
    /// An answer out of that range.
    pub fn of(scores: impl IntoIterator<Item = i64>) -> Result<Self, NotEstimable> {
        let mut counts = Self::default();
        for score in scores {
            match score {
                9..=10 => counts.promoters += 1,
                7..=8 => counts.passives += 1,
                0..=6 => counts.detractors += 1,
                _ => return Err(NotEstimable::InvalidInput),
            }
        }
        Ok(counts)
    }

    /// Returns the number of answers.
    pub fn n(&self) -> u64 {
        self.promoters + self.passives + self.detractors
    }

    /// Returns the score of Reichheld (2003) with its standard error and interval.
    ///
    /// The interval adds an answer to promoters and one to detractors (Bonett and Price 2012,
    /// J. Educ. Behav. Stat. 37, the same difference of two cells of a multinomial): the plain one,
    /// estimate ± z standard errors, is too short for few answers and has no width when all answer
    /// alike.
    ///
    /// # Errors
    /// No answer.
    pub fn score(&self, confidence: Confidence) -> Result<NetPromoterScore, NotEstimable> {
        let n = self.n();
        let share = |successes| wilson(Proportion { successes, n }, confidence);
        let (promoter_share, detractor_share) = (share(self.promoters)?, share(self.detractors)?);
        let (p, d) = (promoter_share.value, detractor_share.value);
        let adjusted_n = n as f64 + 2.0;
        let adjusted = |count: u64| (count as f64 + 1.0) / adjusted_n;
        let (p1, d1) = (adjusted(self.promoters), adjusted(self.detractors));
        let half_width = confidence.z() * standard_error(p1, d1, adjusted_n);
        Ok(NetPromoterScore {
            points: Estimate {
                value: 100.0 * (p - d),
                lower: 100.0 * (p1 - d1 - half_width).max(-1.0),
                upper: 100.0 * (p1 - d1 + half_width).min(1.0),
            },
            standard_error_points: 100.0 * standard_error(p, d, n as f64),
            promoter_share,
            detractor_share,
        })
    }

    /// Returns the score of a small group, shrunk towards all groups, in points.
    ///
    /// The shares of promoters and of detractors are shrunk each by its own prior: those of
    /// [`RatePrior::from_groups`] over all groups. The priors' score when there is no answer.
    pub fn shrunk_points(&self, promoters: &RatePrior, detractors: &RatePrior) -> f64 {
        let n = self.n() as f64;
        let p = promoters.shrink(Trials { successes: self.promoters as f64, n });
        let d = detractors.shrink(Trials { successes: self.detractors as f64, n });
        100.0 * (p - d)
    }
}

/// The standard error of a difference of two shares of the same answers.
fn standard_error(p: f64, d: f64, n: f64) -> f64 {
    let variance = p + d - (p - d) * (p - d);
    (variance.max(0.0) / n).sqrt()
}

/// Answers on a rating scale, such as effort (CES) or satisfaction (CSAT), higher being better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratings {
    lowest: i64,
    /// Answers of each rating, the lowest first.
    counts: Vec<u64>,
}

impl Ratings {
    /// Takes the number of answers of each rating, from `lowest` upwards.
    ///
    /// # Errors
    /// Fewer than two ratings.
    pub fn new(lowest: i64, counts: Vec<u64>) -> Result<Self, NotEstimable> {
        if counts.len() < 2 { Err(NotEstimable::InvalidInput) } else { Ok(Self { lowest, counts }) }
    }

    /// Counts answers on a scale from `lowest` to `highest`.
    ///
    /// # Errors
    /// An answer off the scale, or a scale of fewer than two or more than 1,001 ratings.
    pub fn of(
        (lowest, highest): (i64, i64),
        scores: impl IntoIterator<Item = i64>,
    ) -> Result<Self, NotEstimable> {
        let n_above = highest.checked_sub(lowest).filter(|span| (1..=1_000).contains(span));
        let mut counts = vec![0; n_above.ok_or(NotEstimable::InvalidInput)? as usize + 1];
        for score in scores {
            let place = score.checked_sub(lowest).and_then(|place| usize::try_from(place).ok());
            *place.and_then(|place| counts.get_mut(place)).ok_or(NotEstimable::InvalidInput)? += 1;
        }
        Self::new(lowest, counts)
    }

    /// Returns the number of answers.
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the mean rating with Student's interval, cut to the scale.
    ///
    /// # Errors
    /// Fewer than two answers; no variation when all are alike, since the interval would claim
    /// certainty ([`Self::sample`] has the mean).
    pub fn mean(&self, confidence: Confidence) -> Result<Estimate, NotEstimable> {
        let sample = self.sample();
        let squared_error = sample.squared_error()?;
        if squared_error <= 0.0 {
            return Err(NotEstimable::NoVariation);
        }
        let t = -student_t_quantile(confidence.upper_tail(), (sample.n - 1) as f64);
        let half_width = t * squared_error.sqrt();
        let (lowest, highest) = (self.lowest as f64, (self.lowest + self.last()) as f64);
        Ok(Estimate {
            value: sample.mean,
            lower: (sample.mean - half_width).max(lowest),
            upper: (sample.mean + half_width).min(highest),
        })
    }

    /// Returns the share of answers in the two best ratings with Wilson's interval.
    ///
    /// # Errors
    /// No answer.
    pub fn top_two_box(&self, confidence: Confidence) -> Result<Estimate, NotEstimable> {
        let successes = self.counts.iter().rev().take(2).sum();
        wilson(Proportion { successes, n: self.n() }, confidence)
    }

    /// Returns size, mean and variance of the answers, exact up to the last divisions.
    pub fn sample(&self) -> Sample {
        let n = self.n();
        if n == 0 {
            return Sample { n, mean: 0.0, variance: 0.0 };
        }
        let moment = |power: u32| -> u128 {
            let places = self.counts.iter().zip(0_u128..);
            places.map(|(&count, place)| u128::from(count) * place.pow(power)).sum()
        };
        let (sum, squares, n128) = (moment(1), moment(2), u128::from(n));
        // n Σx² - (Σx)² is never negative.
        let spread = (n128 * squares).saturating_sub(sum * sum) as f64;
        let degrees = n.saturating_sub(1).max(1) as f64;
        Sample {
            n,
            mean: self.lowest as f64 + sum as f64 / n as f64,
            variance: spread / n as f64 / degrees,
        }
    }

    fn last(&self) -> i64 {
        self.counts.len() as i64 - 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inference::assert_near;

    #[test]
    fn the_score_is_promoters_less_detractors() {
        // p = .5, d = .2: 30 points, se = 100 sqrt((.7 - .09) / 10) = 24.698.
        let counts = NpsCounts::of([10, 9, 9, 10, 10, 8, 7, 8, 6, 0]).expect("0 to 10");
        assert_eq!(counts, NpsCounts { promoters: 5, passives: 3, detractors: 2 });
        let score = counts.score(Confidence::P95).expect("ten answers");
        assert_near(score.points.value, 30.0, 1e-15);
        assert_near(score.standard_error_points, 24.698_178_070_456_94, 1e-14);
        // One more of each: 6 and 3 of 12; 25 ± 1.95996 * 100 sqrt((.75 - .0625) / 12) = 46.9131.
        assert_near(score.points.lower, 25.0 - 46.913_066_225_619_3, 1e-12);
        assert_near(score.points.upper, 25.0 + 46.913_066_225_619_3, 1e-12);
        assert_eq!(NpsCounts::of([11]), Err(NotEstimable::InvalidInput));
        let none = NpsCounts::default().score(Confidence::P95);
        assert_eq!(none, Err(NotEstimable::NoObservations));
    }

    #[test]
    fn answers_that_are_all_alike_still_leave_doubt() {
        let all = NpsCounts { promoters: 4, passives: 0, detractors: 0 };
        let score = all.score(Confidence::P95).expect("four answers");
        assert!(score.standard_error_points.abs() < 1e-15);
        // 5 and 1 of 6: 66.7 - 1.96 * 100 sqrt((1 - 4/9) / 6) = 7.03.
        assert_near(score.points.lower, 7.026, 1e-3);
        assert_near(score.points.upper, 100.0, 1e-15);
    }

    #[test]
    fn a_small_group_moves_towards_all_groups() {
        let group = NpsCounts { promoters: 0, passives: 0, detractors: 10 };
        let (promoters, detractors) = (RatePrior::new(0.4, 10.0), RatePrior::new(0.2, 10.0));
        // (0 + 4) / 20 - (10 + 2) / 20.
        assert_near(group.shrunk_points(&promoters, &detractors), -40.0, 1e-14);
        assert_near(NpsCounts::default().shrunk_points(&promoters, &detractors), 20.0, 1e-14);
    }

    #[test]
    fn ratings_have_a_mean_and_a_top_two_box() {
        // 3 4 5 5 of 1 to 5: mean 4.25, variance 2.75 / 3, three in the top two.
        let ratings = Ratings::of((1, 5), [5, 3, 5, 4]).expect("on the scale");
        let mean = ratings.mean(Confidence::P95).expect("four answers");
        assert_near(mean.value, 4.25, 1e-15);
        // t(.975; 3) = 3.182446, se = sqrt(2.75 / 12): the upper bound is cut.
        assert_near(mean.lower, 4.25 - 3.182_446_305_284_263 * (2.75_f64 / 12.0).sqrt(), 1e-9);
        assert_near(mean.upper, 5.0, 1e-15);
        assert_near(ratings.top_two_box(Confidence::P95).expect("answers").value, 0.75, 1e-15);
        assert_eq!(Ratings::of((1, 5), [0]), Err(NotEstimable::InvalidInput));
        assert_eq!(Ratings::of((5, 1), []), Err(NotEstimable::InvalidInput));
        let alike = Ratings::of((1, 7), [6, 6]).expect("on the scale");
        assert_eq!(alike.mean(Confidence::P95), Err(NotEstimable::NoVariation));
        let single = Ratings::of((1, 7), [6]).expect("on the scale");
        assert_eq!(single.mean(Confidence::P95), Err(NotEstimable::TooFewObservations));
    }

    proptest! {
        #[test]
        fn intervals_hold_the_score_and_stay_on_the_scale(
            (promoters, passives, detractors) in (0_u64..400, 0_u64..400, 0_u64..400),
        ) {
            prop_assume!(promoters + passives + detractors > 0);
            let counts = NpsCounts { promoters, passives, detractors };
            let score = counts.score(Confidence::P95).expect("answers").points;
            prop_assert!(-100.0 <= score.lower && score.lower <= score.value + 1e-12);
            prop_assert!(score.value <= score.upper + 1e-12 && score.upper <= 100.0);
            // Turning the scale round turns the score round.
            let turned = NpsCounts { promoters: detractors, passives, detractors: promoters };
            let turned = turned.score(Confidence::P95).expect("answers").points;
            prop_assert!((turned.value + score.value).abs() < 1e-12);
            prop_assert!((turned.lower + score.upper).abs() < 1e-12);
        }

        #[test]
        fn ratings_are_summed_as_values_are(scores in prop::collection::vec(1_i64..8, 2..60)) {
            let ratings = Ratings::of((1, 7), scores.iter().copied()).expect("on the scale");
            let values: Vec<f64> = scores.iter().map(|&score| score as f64).collect();
            let (found, expected) = (ratings.sample(), Sample::of(&values));
            prop_assert_eq!(found.n, expected.n);
            prop_assert!((found.mean - expected.mean).abs() < 1e-12);
            prop_assert!((found.variance - expected.variance).abs() < 1e-12);
        }
    }
}
