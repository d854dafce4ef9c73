//! stable_hash
