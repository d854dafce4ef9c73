//! rank_score
