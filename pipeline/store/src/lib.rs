//! Where nights are published: lock, generations, manifests, run results.
