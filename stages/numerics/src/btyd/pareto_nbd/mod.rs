//! The Pareto/NBD model (Schmittlein, Morrison and Colombo 1987).

mod likelihood;
mod model;

pub use model::ParetoNbd;
