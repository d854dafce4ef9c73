//! Rules that every night keeps, asked of its tables before it is published.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use crate::RunError;
use crate::engine::Engine;

/// One rule: a query that counts what breaks it.
struct Audit {
    /// What must hold.
    rule: &'static str,
    /// Tables it is about; the rule is asked when all of them are there.
    tables: &'static [&'static str],
    /// One row, one number: 0 when the rule holds.
    sql: &'static str,
}

/// Tables with one row for every party, and what such a row tells.
const OF_EVERY_PARTY: [(&str, &str); 5] = [
    ("customer_feature", "features"),
    ("customer_segment", "segments"),
    ("customer_value", "value over time"),
    ("customer_loyalty", "loyalty"),
    ("contact_plan", "the contact plan"),
];

const AUDITS: [Audit; 5] = [
    Audit {
        rule: "nobody is planned a contact on a channel without permission",
        tables: &["contact_plan", "channel_permission"],
        sql: "SELECT count(*) FROM contact_plan AS p LEFT JOIN channel_permission AS c \
              ON p.customer_id = c.customer_id AND p.channel = c.channel \
              WHERE p.decision = 'contact' AND NOT coalesce(c.permitted, FALSE)",
    },
    Audit {
        rule: "nobody in the offer file lacks a planned contact, permission, or is held back",
        tables: &["offer_file", "contact_plan", "channel_permission"],
        sql: "SELECT count(*) FROM offer_file AS o \
              LEFT JOIN contact_plan AS p ON o.customer_id = p.customer_id \
              LEFT JOIN channel_permission AS c \
              ON o.customer_id = c.customer_id AND o.channel = c.channel \
              WHERE coalesce(p.decision, '') <> 'contact' OR NOT coalesce(c.permitted, FALSE)",
    },
    Audit {
        rule: "no budget and no stock is passed",
        tables: &["offer_use"],
        sql: "SELECT count(*) FROM offer_use WHERE reserved_cost > budget OR n_assigned > stock",
    },
    Audit {
        rule: "the money of offers adds up",
        tables: &["offer_use", "offer_assignment"],
        sql: "SELECT count(*) FROM (SELECT coalesce(sum(reserved_cost), 0) AS spent \
              FROM offer_assignment WHERE arm = 'contact') AS a, \
              (SELECT coalesce(sum(reserved_cost), 0) AS spent FROM offer_use \
              WHERE offer_id = '(total)') AS u WHERE a.spent <> u.spent",
    },
    Audit {
        rule: "the money of the customers is the money of the sales that name somebody",
        tables: &["customer_feature", "sales_total"],
        sql: "SELECT count(*) FROM (SELECT coalesce(sum(net_amount), 0) AS net \
              FROM customer_feature) AS f, \
              (SELECT coalesce(sum(sale_amount + return_amount), 0) AS net FROM sales_total \
              WHERE names_party) AS p WHERE f.net <> p.net",
    },
];

/// Asks every rule whose tables are registered.
///
/// # Errors
///
/// The first rule that is broken, with how often.
pub(crate) fn audit(engine: &Engine, as_of: i32) -> Result<usize, RunError> {
    let mut asked = 0;
    for (table, what) in OF_EVERY_PARTY {
        if engine.has_table("golden_customer") && engine.has_table(table) {
            let sql = format!(
                "SELECT count(*) FROM golden_customer AS g FULL JOIN {table} AS t \
                 ON g.customer_id = t.customer_id \
                 WHERE g.customer_id IS NULL OR t.customer_id IS NULL"
            );
            hold(engine, as_of, &format!("every party has exactly one row of {what}"), &sql)?;
            asked += 1;
        }
    }
    for audit in &AUDITS {
        if audit.tables.iter().all(|table| engine.has_table(table)) {
            hold(engine, as_of, audit.rule, audit.sql)?;
            asked += 1;
        }
    }
    Ok(asked)
}

/// Asks one rule.
fn hold(engine: &Engine, as_of: i32, rule: &str, sql: &str) -> Result<(), RunError> {
    let answer = engine.ask(rule, sql, as_of)?;
    let broken: i64 = answer
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().iter().flatten())
        .sum();
    if broken == 0 {
        return Ok(());
    }
    Err(RunError::Audit {
        message: format!("the night broke a rule {broken} times: {rule}"),
        hint: Some("nothing was published; this is a mistake of ours, please report it".into()),
    })
}
