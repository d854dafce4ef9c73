//! What a stage is: steps, views, tables and the context of a run.
