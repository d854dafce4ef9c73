//! shrinkage
