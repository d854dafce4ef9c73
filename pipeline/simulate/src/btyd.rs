//! Buy till you die: when a customer buys, and when no more (BG/NBD; Fader, Hardie and Lee 2005,
//! "Counting your customers the easy way").

use crate::draw::Draw;

/// What drives the purchases of one customer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    /// Purchases by unit of time while alive, after the first one.
    pub(crate) rate: f64,
    /// Probability to be lost after any purchase.
    pub(crate) dropout: f64,
    /// Time of the first purchase.
    pub(crate) first: f64,
}

/// The purchases of one customer up to the end of the window.
#[derive(Debug, Default)]
pub(crate) struct Purchases {
    /// Times, ascending; the first one is the customer's first purchase.
    pub(crate) times: Vec<f64>,
    /// Whether the customer is still one at the end.
    pub(crate) is_alive: bool,
}

impl Life {
    /// Expected purchases up to `end`, the first one included.
    ///
    /// Of N = 1 + Poisson(m) purchases that time allows, those up to the G-th happen, G being
    /// geometric: E min(N, G) = (1 - (1 - p) exp(-m p)) / p.
    pub(crate) fn expected(&self, end: f64) -> f64 {
        let m = self.rate * (end - self.first);
        (1.0 - (1.0 - self.dropout) * (-m * self.dropout).exp()) / self.dropout
    }

    /// Draws the purchases up to `end` into `purchases`.
    pub(crate) fn buy(&self, end: f64, draw: &mut Draw, purchases: &mut Purchases) {
        let allowed = 1 + draw.poisson(self.rate * (end - self.first));
        let lost_after = draw.geometric(self.dropout);
        let times = &mut purchases.times;
        times.clear();
        times.extend((1..allowed).map(|_| draw.between(self.first, end)));
        times.sort_unstable_by(f64::total_cmp);
        times.truncate(lost_after as usize - 1);
        times.insert(0, self.first);
        purchases.is_alive = allowed < lost_after;
    }
}

/// The factor of rates at which customers are expected to buy `target` times each, on average.
pub(crate) fn mean_rate(lives: &[Life], end: f64, target: f64) -> f64 {
    let (mut low, mut high) = (1e-6_f64, 1e3_f64);
    // 60 halvings of the exponent leave no digit undecided.
    for _ in 0..60 {
        let middle = (low * high).sqrt();
        let expected: f64 =
            lives.iter().map(|life| Life { rate: life.rate * middle, ..*life }.expected(end)).sum();
        if expected < target * lives.len() as f64 { low = middle } else { high = middle }
    }
    (low * high).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purchases_come_as_often_as_expected_and_in_order() {
        let life = Life { rate: 0.05, dropout: 0.1, first: 100.0 };
        let mut draw = Draw::new(1, "test");
        let mut purchases = Purchases::default();
        let n = 20_000;
        let mut total = 0;
        for _ in 0..n {
            life.buy(700.0, &mut draw, &mut purchases);
            assert!(purchases.times.is_sorted());
            assert_eq!(purchases.times.first(), Some(&100.0));
            assert!(purchases.times.last() < Some(&700.0));
            total += purchases.times.len();
        }
        let mean = total as f64 / f64::from(n);
        assert!((mean / life.expected(700.0) - 1.0).abs() < 0.02, "{mean}");
    }

    #[test]
    fn who_never_drops_out_is_alive() {
        let life = Life { rate: 0.05, dropout: 1e-9, first: 0.0 };
        let mut purchases = Purchases::default();
        life.buy(700.0, &mut Draw::new(1, "test"), &mut purchases);
        assert!(purchases.is_alive);
    }

    #[test]
    fn the_rate_is_found_again() {
        let lives = [0.5, 1.0, 2.0].map(|rate| Life { rate, dropout: 0.05, first: 10.0 });
        let target =
            lives.iter().map(|life| Life { rate: life.rate * 0.03, ..*life }.expected(700.0));
        let target = target.sum::<f64>() / 3.0;
        assert!((mean_rate(&lives, 700.0, target) - 0.03).abs() < 1e-9);
    }
}
