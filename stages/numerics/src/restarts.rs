//! How a search from several starts is run: the settings that k-means and NMF have in common.

/// Settings of a search that is run from several starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Restarts {
    pub(crate) n_starts: usize,
    pub(crate) max_iterations: usize,
    pub(crate) tolerance: f64,
    pub(crate) seed: u64,
}

/// The first setting that is out of its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RestartsProblem {
    NStarts,
    MaxIterations,
    Tolerance(f64),
}

impl Restarts {
    pub(crate) fn check(&self) -> Result<(), RestartsProblem> {
        if self.n_starts == 0 {
            return Err(RestartsProblem::NStarts);
        }
        if self.max_iterations == 0 {
            return Err(RestartsProblem::MaxIterations);
        }
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return Err(RestartsProblem::Tolerance(self.tolerance));
        }
        Ok(())
    }
}

/// Writes the builder methods of settings, unchecked and checked, whose field `restarts` is
/// [`Restarts`], and how its problems are named by their error.
macro_rules! restarts_settings {
    ($unchecked:ident, $checked:ident, $error:ident, $(#[$tolerance:meta])+) => {
        impl $unchecked {
            /// Sets the number of starts, the best of which is kept.
            #[must_use]
            pub fn n_starts(mut self, n_starts: usize) -> Self {
                self.0.restarts.n_starts = n_starts;
                self
            }

            /// Sets the limit on iterations of a start.
            #[must_use]
            pub fn max_iterations(mut self, max_iterations: usize) -> Self {
                self.0.restarts.max_iterations = max_iterations;
                self
            }

            $(#[$tolerance])+
            #[must_use]
            pub fn tolerance(mut self, tolerance: f64) -> Self {
                self.0.restarts.tolerance = tolerance;
                self
            }

            /// Sets the seed of the starts.
            #[must_use]
            pub fn seed(mut self, seed: u64) -> Self {
                self.0.restarts.seed = seed;
                self
            }
        }

        impl $checked {
            /// Returns the number of starts, the best of which is kept.
            pub fn n_starts(&self) -> usize {
                self.restarts.n_starts
            }

            /// Returns the limit on iterations of a start.
            pub fn max_iterations(&self) -> usize {
                self.restarts.max_iterations
            }

            /// Returns the tolerance, as the settings say what it is.
            pub fn tolerance(&self) -> f64 {
                self.restarts.tolerance
            }

            /// Returns the seed of the starts.
            pub fn seed(&self) -> u64 {
                self.restarts.seed
            }
        }

        impl From<$crate::restarts::RestartsProblem> for $error {
            fn from(problem: $crate::restarts::RestartsProblem) -> Self {
                use $crate::restarts::RestartsProblem;
                match problem {
                    RestartsProblem::NStarts => Self::NStarts,
                    RestartsProblem::MaxIterations => Self::MaxIterations,
                    RestartsProblem::Tolerance(tolerance) => Self::Tolerance(tolerance),
                }
            }
        }
    };
}

pub(crate) use restarts_settings;
