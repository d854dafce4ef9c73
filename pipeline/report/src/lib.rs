//! Draws the self-contained HTML report of a night.
