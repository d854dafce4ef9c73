//! The side of SQL.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};
use idip_numerics::linkage::{BlockingPart, BlockingRule, LevelModel, LinkageRun};

use super::{Pair, Seen, Weighed};
use crate::Engine;
use crate::engine::identifier;

/// The pairs that agree in all parts of a rule.
fn pairs_of(place: usize, rule: &BlockingRule) -> String {
    let mut conditions = vec!["x.party_ref < y.party_ref".to_owned()];
    for part in &rule.parts {
        let column = identifier(&part.field);
        match part.length {
            Some(length) => {
                conditions.push(format!("left(x.{column}, {length}) = left(y.{column}, {length})"));
            }
            None if part.field == BlockingPart::EITHER_NAME => conditions.push(
                "least(x.first_name, x.last_name) = least(y.first_name, y.last_name) \
                 AND greatest(x.first_name, x.last_name) = greatest(y.first_name, y.last_name) \
                 AND x.first_name IS NOT NULL AND x.last_name IS NOT NULL \
                 AND y.first_name IS NOT NULL AND y.last_name IS NOT NULL"
                    .to_owned(),
            ),
            None => conditions.push(format!("x.{column} = y.{column}")),
        }
    }
    format!(
        "SELECT x.party_ref AS party_ref, y.party_ref AS other_ref, {place} AS rule_index \
         FROM record AS x JOIN record AS y ON {}",
        conditions.join(" AND ")
    )
}

/// Answers all of it in SQL: the table `candidate`, then `level`, then `weight`.
pub(super) fn answer(engine: &Engine, run: &LinkageRun, n_records: usize) {
    let rules = run.blocks.rules().iter().enumerate();
    let of_rules: Vec<String> = rules.map(|(place, rule)| pairs_of(place, &rule.rule)).collect();
    let candidates = format!(
        "SELECT party_ref, other_ref, min(rule_index) AS rule_index FROM ({}) \
         GROUP BY party_ref, other_ref",
        of_rules.join(" UNION ALL ")
    );
    engine.register_answer("candidate", "candidates", &candidates, 0).unwrap();

    let model = &run.model;
    let levels = || {
        let comparisons = model.comparisons.iter();
        comparisons.flat_map(|it| (1_i64..).zip(&it.levels).map(move |level| (&it.name, level)))
    };
    let numbers = |of: fn(&LevelModel) -> f64| -> ArrayRef {
        Arc::new(levels().map(|(_, (_, level))| of(level)).collect::<Float64Array>())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("comparison", Arc::new(levels().map(|it| Some(it.0.as_str())).collect::<StringArray>())),
        ("level", Arc::new(levels().map(|(_, (place, _))| place).collect::<Int64Array>())),
        ("same_person", numbers(|level| level.same_person)),
        ("same_household", numbers(|level| level.same_household)),
        ("strangers", numbers(|level| level.strangers)),
    ];
    let named = columns.into_iter().map(|(name, values)| (name.to_owned(), values));
    register(engine, "parameter", named.collect());
    let number = |number: f64| -> ArrayRef { Arc::new(Float64Array::from(vec![number])) };
    let household: ArrayRef = Arc::new(Float64Array::from(vec![model.household_prior]));
    let priors = vec![
        ("person_prior".to_owned(), number(model.person_prior)),
        ("household_prior".to_owned(), household),
        ("n_trained".to_owned(), number(model.n_records as f64)),
        ("n_records".to_owned(), number(n_records as f64)),
    ];
    register(engine, "prior", priors);

    engine.register_answer("frequency", "frequencies", include_str!("frequency.sql"), 0).unwrap();
    engine.register_answer("level", "levels", include_str!("level.sql"), 0).unwrap();
    engine.register_answer("part", "parts", include_str!("part.sql"), 0).unwrap();
    engine.register_view("weight", include_str!("weight.sql"), 0).unwrap();
}

/// What SQL sees of each candidate.
pub(super) fn seen(engine: &Engine) -> BTreeMap<Pair, Seen> {
    let mut seen: BTreeMap<Pair, Seen> = BTreeMap::new();
    let answer = ask(engine, "SELECT party_ref, other_ref, rule_index FROM candidate");
    let rules = answer.column(2).as_primitive::<Int64Type>();
    for (row, pair) in pairs(&answer) {
        seen.entry(pair).or_default().rule = rules.value(row);
    }
    let answer = ask(engine, "SELECT party_ref, other_ref, comparison, level FROM level");
    let comparisons = answer.column(2).as_string::<i32>();
    let levels = answer.column(3).as_primitive::<Int64Type>();
    for (row, pair) in pairs(&answer) {
        let of_pair = &mut seen.get_mut(&pair).unwrap().levels;
        let twice = of_pair.insert(comparisons.value(row).to_owned(), levels.value(row));
        assert_eq!(twice, None, "one level a comparison");
    }
    seen
}

/// What SQL weighs.
pub(super) fn weighed(engine: &Engine) -> BTreeMap<Pair, Weighed> {
    let sql =
        "SELECT party_ref, other_ref, weight, is_enough, prior_bits, household_bits FROM weight";
    let answer = ask(engine, sql);
    let number = |place: usize| answer.column(place).as_primitive::<Float64Type>();
    let is_enough = answer.column(3).as_boolean();
    let mut weighed: BTreeMap<Pair, Weighed> = pairs(&answer)
        .map(|(row, pair)| {
            let mut parts = BTreeMap::from([("prior".to_owned(), number(4).value(row))]);
            if number(5).is_valid(row) {
                parts.insert("household".to_owned(), number(5).value(row));
            }
            let weight = number(2).value(row);
            (pair, Weighed { weight, is_enough: is_enough.value(row), parts })
        })
        .collect();
    let answer = ask(engine, "SELECT party_ref, other_ref, comparison, bits FROM part");
    let comparisons = answer.column(2).as_string::<i32>();
    let bits = answer.column(3).as_primitive::<Float64Type>();
    for (row, pair) in pairs(&answer) {
        let parts = &mut weighed.get_mut(&pair).unwrap().parts;
        parts.insert(comparisons.value(row).to_owned(), bits.value(row));
    }
    weighed
}

fn pairs(batch: &RecordBatch) -> impl Iterator<Item = (usize, Pair)> {
    let text = |place: usize| batch.column(place).as_string::<i32>().clone();
    let (names, others) = (text(0), text(1));
    let pair = move |row: usize| (names.value(row).to_owned(), others.value(row).to_owned());
    (0..batch.num_rows()).map(move |row| (row, pair(row)))
}

pub(super) fn register(engine: &Engine, name: &str, columns: Vec<(String, ArrayRef)>) {
    let field =
        |(name, values): &(String, ArrayRef)| Field::new(name, values.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let columns = columns.into_iter().map(|(_, values)| values).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
    engine.register_batches(name, schema, &[batch]).unwrap();
}

pub(super) fn ask(engine: &Engine, sql: &str) -> RecordBatch {
    let batches = engine.ask("oracle", sql, 0).unwrap();
    arrow_select::concat::concat_batches(&batches[0].schema(), &batches).unwrap()
}
