//! The customers and their transactions: BG/NBD purchases, gamma-gamma spend, categories from one of
//! six need profiles, products by Zipf's law.

use crate::btyd::{Life, Purchases, mean_rate};
use crate::draw::Draw;

pub(super) const CATEGORIES: [&str; 12] = [
    "apparel",
    "automotive",
    "baby",
    "beauty",
    "books",
    "electronics",
    "garden",
    "grocery",
    "home",
    "pets",
    "sports",
    "toys",
];
pub(super) const CHANNELS: [&str; 4] = ["app", "phone", "store", "web"];
/// Products of a category.
pub(super) const PRODUCTS: usize = 800;
pub(super) const STORES: usize = 250;

/// 2024-01-01T00:00:00 in microseconds since 1970.
const START_MICROS: i64 = 1_704_067_200_000_000;
const DAY_MICROS: f64 = 86_400e6;
/// Days of 2024 and 2025.
const DAYS: f64 = 731.0;
/// Nobody comes for the first time in the last month.
const LAST_FIRST: f64 = DAYS - 30.0;

const RATE_SHAPE: f64 = 0.9;
const DROPOUT: (f64, f64) = (0.8, 18.0);
const GG: (f64, f64, f64) = (4.0, 4.0, 35.0);
const CONCENTRATION: f64 = 14.0;
const CHANNEL_ALPHA: [f64; 4] = [1.2, 0.3, 2.0, 1.6];
const DISCOUNTS: [f64; 5] = [0.05, 0.1, 0.15, 0.2, 0.3];
const ZIPF: f64 = 1.1;
const PROFILE_WEIGHTS: [f64; 6] = [0.26, 0.20, 0.17, 0.15, 0.12, 0.10];
#[rustfmt::skip]
const PROFILES: [[f64; 12]; 6] = [
    //app aut bab bea boo ele gar gro hom pet spo toy
    [3., 1., 1., 3., 2., 1., 2., 30., 12., 4., 1., 1.],
    [20., 1., 1., 24., 4., 2., 1., 4., 3., 1., 3., 1.],
    [2., 6., 1., 1., 4., 30., 1., 3., 4., 1., 5., 4.],
    [5., 1., 24., 3., 4., 1., 1., 8., 4., 1., 1., 18.],
    [1., 5., 1., 1., 2., 1., 24., 3., 20., 12., 1., 1.],
    [10., 4., 1., 2., 8., 4., 1., 4., 1., 1., 28., 1.],
];
/// Customers on which the mean rate is found; the error of the number of rows is below a percent.
const CALIBRATED: usize = 100_000;

/// One transaction. The order is that of the log: by time, ties by customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Transaction {
    /// Microseconds since 1970, local time of the shop.
    pub(super) micros: i64,
    pub(super) customer: u32,
    /// Cents received.
    pub(super) amount: u32,
    /// Cents of discount.
    pub(super) discount: u32,
    pub(super) product: u16,
    pub(super) category: u8,
    pub(super) channel: u8,
    pub(super) store: u8,
    pub(super) quantity: u8,
}

impl Transaction {
    /// Part of the window it lies in, of `n` parts of equal length.
    pub(super) fn part(&self, n: usize) -> usize {
        let days = (self.micros - START_MICROS) as f64 / DAY_MICROS;
        ((days * n as f64 / DAYS) as usize).min(n.saturating_sub(1))
    }
}

/// What is true of one customer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Truth {
    pub(super) profile: i8,
    /// Purchases a day.
    pub(super) rate: f64,
    pub(super) dropout: f64,
    pub(super) nu: f64,
    pub(super) n_transactions: i32,
    pub(super) is_alive: bool,
}

/// Draws customers one after the other.
#[derive(Debug)]
pub(super) struct Model {
    draw: Draw,
    mean_rate: f64,
    /// Cumulated weights of the products of a category, up to 1.
    zipf: Vec<f64>,
    purchases: Purchases,
}

impl Model {
    /// A model that makes so many rows a customer, on average.
    pub(super) fn new(seed: u64, rows_per_customer: f64) -> Self {
        let mut draw = Draw::new(seed, "calibrate");
        let lives: Vec<Life> = (0..CALIBRATED).map(|_| life(&mut draw)).collect();
        let mut sum = 0.0;
        let mut zipf: Vec<f64> = (1..=PRODUCTS)
            .map(|rank| {
                sum += (rank as f64).powf(-ZIPF);
                sum
            })
            .collect();
        for weight in &mut zipf {
            *weight /= sum;
        }
        Self {
            draw: Draw::new(seed, "transactions"),
            mean_rate: mean_rate(&lives, DAYS, rows_per_customer),
            zipf,
            purchases: Purchases::default(),
        }
    }

    /// Draws the next customer; hands its transactions over in order of time.
    pub(super) fn customer<E>(
        &mut self,
        customer: u32,
        hand_over: &mut dyn FnMut(Transaction) -> Result<(), E>,
    ) -> Result<Truth, E> {
        let draw = &mut self.draw;
        let unit = life(draw);
        let life = Life { rate: unit.rate * self.mean_rate, ..unit };
        let profile = draw.weighted(&PROFILE_WEIGHTS);
        let categories = cumulated(draw.dirichlet(&shares(profile), CONCENTRATION));
        let alpha: f64 = CHANNEL_ALPHA.iter().sum();
        let channels = cumulated(draw.dirichlet(&CHANNEL_ALPHA.map(|a| a / alpha), alpha));
        let nu = draw.gamma(GG.1) / GG.2 + 1e-4;
        let deal = draw.beta(1.2, 3.0) * 0.8;
        life.buy(DAYS, draw, &mut self.purchases);
        for &day in &self.purchases.times {
            let gross = ((draw.gamma(GG.0) / nu * 100.0).round()).clamp(50.0, 4e9);
            let discount =
                if draw.chance(deal) { (gross * draw.pick(&DISCOUNTS)).round() } else { 0.0 };
            let u = draw.unit();
            hand_over(Transaction {
                micros: START_MICROS + (day * DAY_MICROS) as i64,
                customer,
                amount: (gross - discount) as u32,
                discount: discount as u32,
                product: self.zipf.partition_point(|&weight| weight <= u).min(PRODUCTS - 1) as u16,
                category: at(&categories, draw.unit()),
                channel: at(&channels, draw.unit()),
                store: draw.below(STORES) as u8,
                quantity: (1 + draw.poisson(0.6)).min(100) as u8,
            })?;
        }
        Ok(Truth {
            profile: profile as i8,
            rate: life.rate,
            dropout: life.dropout,
            nu,
            n_transactions: self.purchases.times.len() as i32,
            is_alive: self.purchases.is_alive,
        })
    }
}

/// A customer's purchases, the mean rate being 1.
fn life(draw: &mut Draw) -> Life {
    Life {
        rate: draw.gamma(RATE_SHAPE) / RATE_SHAPE,
        dropout: draw.beta(DROPOUT.0, DROPOUT.1).clamp(1e-6, 1.0 - 1e-9),
        first: draw.between(0.0, LAST_FIRST),
    }
}

fn shares(profile: usize) -> [f64; 12] {
    let weights = PROFILES.get(profile).copied().unwrap_or([1.0; 12]);
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

fn cumulated<const N: usize>(shares: [f64; N]) -> [f64; N] {
    let mut sum = 0.0;
    shares.map(|share| {
        sum += share;
        sum
    })
}

/// The first position whose cumulated share is above `u`.
fn at<const N: usize>(cumulated: &[f64; N], u: f64) -> u8 {
    cumulated.iter().filter(|&&below| below <= u).count().min(N - 1) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_as_many_as_asked_for_and_profiles_show() {
        let mut model = Model::new(1, 20.0);
        let (mut rows, mut grocery, mut own) = (0_u32, 0_u32, 0_u32);
        for customer in 0..5_000 {
            let mut lines = Vec::new();
            let truth = model
                .customer::<std::convert::Infallible>(customer, &mut |line| {
                    lines.push(line);
                    Ok(())
                })
                .expect("nothing fails");
            assert_eq!(lines.len(), truth.n_transactions as usize);
            assert!(lines.is_sorted() && !lines.is_empty());
            for line in lines {
                assert!(
                    line.part(10) < 10 && line.amount > 0 && (1..=100).contains(&line.quantity)
                );
                assert!(usize::from(line.product) < PRODUCTS);
                rows += 1;
                if truth.profile == 0 {
                    own += 1;
                    grocery += u32::from(CATEGORIES[usize::from(line.category)] == "grocery");
                }
            }
        }
        // 5,000 customers of a heavy-tailed law: the mean has a standard error of 2 in a hundred.
        assert!((f64::from(rows) / 100_000.0 - 1.0).abs() < 0.08, "{rows}");
        let share = f64::from(grocery) / f64::from(own);
        assert!((share - 30.0 / 61.0).abs() < 0.05, "{share}");
    }

    #[test]
    fn a_share_is_hit_as_often_as_it_is_large() {
        let cumulated = cumulated([0.2, 0.5, 0.3]);
        assert_eq!(
            [0.0, 0.19, 0.21, 0.69, 0.71, 0.999].map(|u| at(&cumulated, u)),
            [0, 0, 1, 1, 2, 2]
        );
    }
}
