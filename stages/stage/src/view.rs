//! The questions a step asks of the engine.

use std::borrow::Cow;

use idip_schemas::TableContract;

use crate::{RunContext, StageError, Tables};

/// A table that SQL may name.
#[derive(Debug, Clone, Copy)]
pub enum Read {
    /// A table of this night, under its own name.
    Table(&'static TableContract),
    /// The same table of the night before, as `last_` and its name; empty when there is none.
    LastNight(&'static TableContract),
    /// A relation declared by an earlier stage, under its own name.
    Relation(&'static str),
}

/// Makes SQL from small tables that are read first.
pub type SqlBuilder = dyn Fn(&RunContext, &Tables) -> Result<String, StageError> + Send + Sync;

/// The text of a question; `$as_of` stands for the logical date.
pub enum Sql {
    /// Written down.
    Text(Cow<'static, str>),
    /// Made from the tables in [`View::given`].
    Built(Box<SqlBuilder>),
}

impl std::fmt::Debug for Sql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.debug_tuple("Text").field(text).finish(),
            Self::Built(_) => f.write_str("Built"),
        }
    }
}

/// One question: what it reads, its SQL, and the contract its answer keeps.
#[derive(Debug)]
pub struct View {
    /// Contract of the answer.
    pub contract: &'static TableContract,
    /// Tables the SQL names.
    pub reads: Vec<Read>,
    /// Small tables that are read before the SQL is made; they count as reads.
    pub given: Vec<&'static TableContract>,
    /// The SQL.
    pub sql: Sql,
}

impl View {
    /// A view with written SQL.
    pub fn new(contract: &'static TableContract, reads: Vec<Read>, sql: &'static str) -> Self {
        Self { contract, reads, given: Vec::new(), sql: Sql::Text(Cow::Borrowed(sql)) }
    }

    /// A table as it is.
    pub fn whole(contract: &'static TableContract) -> Self {
        let sql = Sql::Text(format!("SELECT * FROM {}", contract.name).into());
        Self { contract, reads: vec![Read::Table(contract)], given: Vec::new(), sql }
    }

    /// A view whose SQL is made from small tables.
    pub fn built(
        contract: &'static TableContract,
        reads: Vec<Read>,
        given: Vec<&'static TableContract>,
        build: impl Fn(&RunContext, &Tables) -> Result<String, StageError> + Send + Sync + 'static,
    ) -> Self {
        Self { contract, reads, given, sql: Sql::Built(Box::new(build)) }
    }
}

/// A named query that later views may read, computed where it is used.
#[derive(Debug)]
pub struct Relation {
    /// Name in SQL.
    pub name: &'static str,
    /// Tables and relations it names.
    pub reads: Vec<Read>,
    /// The query.
    pub sql: &'static str,
}
