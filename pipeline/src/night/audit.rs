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

const AUDITS: [Audit; 10] = [
    Audit {
        rule: "every party has exactly one row of features",
        tables: &["golden_customer", "customer_feature"],
        sql: "SELECT count(*) FROM golden_customer AS g FULL JOIN customer_feature AS f \
              ON g.customer_id = f.customer_id \
              WHERE g.customer_id IS NULL OR f.customer_id IS NULL",
    },
    Audit {
        rule: "every party is in exactly one value and one need segment",
        tables: &["golden_customer", "customer_segment"],
        sql: "SELECT count(*) FROM golden_customer AS g FULL JOIN customer_segment AS s \
              ON g.customer_id = s.customer_id \
              WHERE g.customer_id IS NULL OR s.customer_id IS NULL",
    },
    Audit {
        rule: "every party has exactly one row of value over time",
        tables: &["golden_customer", "customer_value"],
        sql: "SELECT count(*) FROM golden_customer AS g FULL JOIN customer_value AS v \
              ON g.customer_id = v.customer_id \
              WHERE g.customer_id IS NULL OR v.customer_id IS NULL",
    },
    Audit {
        rule: "every party has exactly one row of loyalty",
        tables: &["golden_customer", "customer_loyalty"],
        sql: "SELECT count(*) FROM golden_customer AS g FULL JOIN customer_loyalty AS l \
              ON g.customer_id = l.customer_id \
              WHERE g.customer_id IS NULL OR l.customer_id IS NULL",
    },
    Audit {
        rule: "every party has exactly one row in the contact plan",
        tables: &["golden_customer", "contact_plan"],
        sql: "SELECT count(*) FROM golden_customer AS g FULL JOIN contact_plan AS p \
              ON g.customer_id = p.customer_id \
              WHERE g.customer_id IS NULL OR p.customer_id IS NULL",
    },
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
        tables: &["customer_feature", "party_total"],
        sql: "SELECT count(*) FROM (SELECT coalesce(sum(net_amount), 0) AS net \
              FROM customer_feature) AS f, \
              (SELECT coalesce(sum(sale_amount + return_amount), 0) AS net FROM party_total \
              WHERE party_ref IS NOT NULL) AS p WHERE f.net <> p.net",
    },
];

/// Asks every rule whose tables are registered.
///
/// # Errors
///
/// The first rule that is broken, with how often.
pub(crate) fn audit(engine: &Engine, as_of: i32) -> Result<usize, RunError> {
    let mut asked = 0;
    for audit in &AUDITS {
        if !audit.tables.iter().all(|table| engine.has_table(table)) {
            continue;
        }
        let answer = engine.ask(audit.rule, audit.sql, as_of)?;
        let broken: i64 = answer
            .iter()
            .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().iter().flatten())
            .sum();
        if broken > 0 {
            return Err(RunError::Audit {
                message: format!("the night broke a rule {broken} times: {}", audit.rule),
                hint: Some(
                    "nothing was published; this is a mistake of ours, please report it".into(),
                ),
            });
        }
        asked += 1;
    }
    Ok(asked)
}
