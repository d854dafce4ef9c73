//! What likelihoods take from a time alone, computed once for each day.

/// A time since the first purchase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    /// In the unit of the model.
    pub(super) time: f64,
    /// `ln(1 + time / alpha)`.
    pub(super) ln: f64,
    /// `1 / (alpha + time)`.
    pub(super) per: f64,
}

/// Times in whole days.
#[derive(Debug, Clone)]
pub(super) struct GrowthByDay {
    alpha: f64,
    time_unit_days: f64,
    days: Vec<Growth>,
}

impl GrowthByDay {
    /// Knows days up to a last one, unless fewer histories will ask; others are computed each time.
    pub(super) fn new(
        alpha: f64,
        time_unit_days: f64,
        max_t_days: u32,
        n_histories: usize,
    ) -> Self {
        let mut of_days = Self { alpha, time_unit_days, days: Vec::new() };
        if (max_t_days as usize) < n_histories {
            of_days.days = (0..=max_t_days).map(|day| of_days.compute(day)).collect();
        }
        of_days
    }

    pub(super) fn at(&self, day: u32) -> Growth {
        self.days.get(day as usize).copied().unwrap_or_else(|| self.compute(day))
    }

    fn compute(&self, day: u32) -> Growth {
        let time = f64::from(day) / self.time_unit_days;
        let per = 1.0 / (self.alpha + time);
        Growth { time, ln: (time / self.alpha).ln_1p(), per }
    }
}
