//! Makes a whole synthetic business with known truth.
