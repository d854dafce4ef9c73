use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};
use idip_schemas::TableContract;
use idip_schemas::identify::{customer_id_map, household};

use super::*;

fn engine(spill: &tempfile::TempDir) -> Engine {
    let limits = EngineLimits { threads: 2, memory: 64 << 20, spill: spill.path().to_owned() };
    Engine::start(&limits).unwrap()
}

fn plan_of(engine: &Engine, sql: &str) -> String {
    let answer = engine.ask("plan", &format!("EXPLAIN {sql}"), 0).unwrap();
    let plans = answer.iter().flat_map(|batch| batch.column(1).as_string::<i32>().iter().flatten());
    plans.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_join_is_left_out_where_nothing_of_its_rows_is_asked() {
    let spill = tempfile::tempdir().unwrap();
    let engine = engine(&spill);
    let register = |name: &str, contract: &TableContract| {
        engine.register_table(name, contract, &[]).unwrap();
    };
    register("a", &customer_id_map::CONTRACT);
    register("b", &household::CONTRACT);
    let joined = |column: &str, join: &str| {
        let join = format!(
            "SELECT a.customer_id, {column} FROM a {join} ON a.customer_id = b.customer_id"
        );
        plan_of(&engine, &join)
    };
    assert!(!joined("1", "LEFT JOIN b").contains("Join"));
    assert!(joined("b.household_id", "LEFT JOIN b").contains("Join"));
    assert!(joined("1", "JOIN b").contains("Semi"), "only which rows are there counts");
    let household = &household::CONTRACT;
    engine.register_batches("b", household.schema(), &[]).unwrap();
    assert!(joined("1", "LEFT JOIN b").contains("Join"), "rows without a key may repeat");
}

#[test]
fn a_grouping_by_the_key_of_a_shared_out_view_is_one_pass() {
    let spill = tempfile::tempdir().unwrap();
    let engine = engine(&spill);
    let schema = Arc::new(Schema::new(vec![
        Field::new("party", DataType::Utf8, true),
        Field::new("cents", DataType::Int64, false),
    ]));
    let rows = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            Arc::new(StringArray::from(vec![Some("a"), None, Some("b"), Some("a")])),
            Arc::new(Int64Array::from(vec![1, 2, 4, 8])),
        ],
    )
    .unwrap();
    engine.register_batches("sale", schema, &[rows.clone(), rows]).unwrap();
    engine.register_view_by("sale_by_party", "SELECT * FROM sale", "party", 0).unwrap();
    let grouped = "SELECT party, sum(cents) AS cents FROM sale_by_party GROUP BY party";
    let plan = plan_of(&engine, grouped);
    assert!(plan.contains("mode=SinglePartitioned"), "{plan}");
    assert!(!plan.contains("mode=Partial"), "{plan}");
    let ordered = format!("{grouped} ORDER BY party");
    let answer = engine.ask("sums", &ordered, 0).unwrap();
    let sums: Vec<i64> = answer
        .iter()
        .flat_map(|batch| batch.column(1).as_primitive::<Int64Type>())
        .flatten()
        .collect();
    assert_eq!(sums, [18, 8, 4]);
}

#[test]
fn a_join_that_does_not_fit_into_memory_is_answered_all_the_same() {
    let spill = tempfile::tempdir().unwrap();
    let engine = engine(&spill);
    let n = 4_000_000;
    let schema = Arc::new(Schema::new(vec![
        Field::new("party", DataType::Int64, false),
        Field::new("cents", DataType::Int64, false),
    ]));
    for (table, step) in [("sale", 7), ("refund", 11)] {
        // Prime to n: every party comes once, in no order.
        let parties = Int64Array::from_iter_values((0..n).map(|row| row * step % n));
        let cents = Int64Array::from_iter_values(0..n);
        let columns: Vec<ArrayRef> = vec![Arc::new(parties), Arc::new(cents)];
        let rows = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
        engine.register_batches(table, Arc::clone(&schema), &[rows]).unwrap();
    }
    let sql = "SELECT s.party, s.cents + r.cents AS cents \
               FROM sale AS s JOIN refund AS r ON s.party = r.party";
    let frame = engine.frame("joined", sql, 0).unwrap();
    let in_memory = engine.runtime.block_on(frame.collect());
    assert!(sparing::is_exhausted(&in_memory.unwrap_err()), "a hash join cannot spill");

    let sums = |batches: &[RecordBatch]| -> (i64, i64, i64) {
        let sum = |place: usize| -> i64 {
            let columns = batches.iter().map(|it| it.column(place).as_primitive::<Int64Type>());
            columns.map(|column| column.values().iter().sum::<i64>()).sum()
        };
        (batches.iter().map(|it| it.num_rows() as i64).sum(), sum(0), sum(1))
    };
    let expected = (n, n * (n - 1) / 2, n * (n - 1));
    assert_eq!(sums(&engine.ask("joined", sql, 0).unwrap()), expected);
    let mut streamed = Vec::new();
    let receive = |batch| -> Result<(), EngineError> {
        streamed.push(batch);
        Ok(())
    };
    engine.stream("joined", sql, 0, receive).unwrap();
    assert_eq!(sums(&streamed), expected);
}
