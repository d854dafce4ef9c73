//! k-means
