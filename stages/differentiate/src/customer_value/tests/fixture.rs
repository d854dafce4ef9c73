//! Views of the step from purchases by customer and day, and its answer.

use arrow_array::{Array, Float64Array, Int64Array, RecordBatch};
use idip_schemas::differentiate::customer_day;
use idip_schemas::differentiate::value::{
    customer_value, customer_value_input, value_calibration, value_forecast, value_model,
    value_parameter, value_tier,
};
use idip_stage::{RunContext, StageError, Step, Tables};

use super::super::{ClvParams, CustomerValue};
use crate::testing::customer_days;

/// A party, and what it bought: ascending days with net cents.
pub(super) type Party = (i64, Vec<(i32, i64)>);

fn features(parties: &[&Party], as_of: i32) -> RecordBatch {
    let of = |value: fn(&[(i32, i64)], i32) -> i64| -> Int64Array {
        let cell = |party: &&Party| (!party.1.is_empty()).then(|| value(&party.1, as_of));
        parties.iter().map(cell).collect()
    };
    let mean = |party: &&Party| {
        let repeats = party.1.get(1..).filter(|repeats| !repeats.is_empty())?;
        let cents: i64 = repeats.iter().map(|day| day.1).sum();
        Some(cents as f64 / 100.0 / repeats.len() as f64)
    };
    customer_value_input::Columns {
        customer_id: parties.iter().map(|party| Some(party.0)).collect(),
        frequency: of(|days, _| days.len() as i64 - 1),
        recency_days: of(|days, _| i64::from(days[days.len() - 1].0 - days[0].0)),
        t_days: of(|days, as_of| i64::from(as_of - days[0].0)),
        monetary_value: parties.iter().map(mean).collect::<Float64Array>(),
    }
    .into_batch()
    .expect("keeps its contract")
}

/// Views of a first night, each batch of parties one of every table.
pub(super) fn views(batches: &[&[Party]], as_of: i32) -> Tables {
    let (mut inputs, mut days) = (vec![], vec![]);
    for parties in batches {
        inputs.push(features(&parties.iter().collect::<Vec<_>>(), as_of));
        days.push(customer_days(parties));
    }
    Tables::default()
        .with(&customer_value_input::CONTRACT, inputs)
        .with(&customer_day::CONTRACT, days)
        .with(&value_parameter::CONTRACT, vec![])
        .with(&value_model::CONTRACT, vec![])
}

pub(super) fn run(views: &Tables, params: &ClvParams, as_of: i32) -> Result<Tables, StageError> {
    let context = RunContext { logical_date: as_of, seed: 7, currency: "EUR".to_owned() };
    CustomerValue::new(params.clone()).run(&context, views)
}

/// Every table the step writes.
pub(super) struct Answer {
    pub(super) tables: Tables,
    pub(super) value: customer_value::Columns,
    pub(super) model: value_model::Columns,
    pub(super) parameter: value_parameter::Columns,
    pub(super) forecast: value_forecast::Columns,
    pub(super) calibration: value_calibration::Columns,
    pub(super) tier: value_tier::Columns,
}

pub(super) fn answer(views: &Tables, params: &ClvParams, as_of: i32) -> Answer {
    let tables = run(views, params, as_of).expect("runs");
    let batch = |contract| tables.batch(contract).expect("was written");
    let kept = "keeps its contract";
    Answer {
        value: customer_value::Columns::parse(&batch(&customer_value::CONTRACT)).expect(kept),
        model: value_model::Columns::parse(&batch(&value_model::CONTRACT)).expect(kept),
        parameter: value_parameter::Columns::parse(&batch(&value_parameter::CONTRACT)).expect(kept),
        forecast: value_forecast::Columns::parse(&batch(&value_forecast::CONTRACT)).expect(kept),
        calibration: value_calibration::Columns::parse(&batch(&value_calibration::CONTRACT))
            .expect(kept),
        tier: value_tier::Columns::parse(&batch(&value_tier::CONTRACT)).expect(kept),
        tables,
    }
}

impl Answer {
    /// The chosen model of purchases and why.
    pub(super) fn chosen(&self) -> Option<(&str, &str)> {
        (0..self.model.model.len())
            .filter(|&row| self.model.is_chosen.value(row))
            .map(|row| (self.model.model.value(row), self.model.choice.value(row)))
            .find(|(model, _)| *model != "gamma_gamma")
    }

    pub(super) fn model_row(&self, model: &str) -> usize {
        self.model.model.iter().position(|found| found == Some(model)).expect("is listed")
    }

    pub(super) fn parameters(&self, model: &str) -> Vec<(String, f64)> {
        (0..self.parameter.model.len())
            .filter(|&row| self.parameter.model.value(row) == model)
            .map(|row| {
                (self.parameter.parameter.value(row).to_owned(), self.parameter.estimate.value(row))
            })
            .collect()
    }

    /// Reasons of the parties, in their order.
    pub(super) fn reasons(&self) -> Vec<Option<&str>> {
        self.value.value_reason.iter().collect()
    }
}

/// Parties that buy by a fixed rule: the gap and the number of purchases differ by customer.
pub(super) fn shop(n: i64, as_of: i32) -> Vec<Party> {
    (0..n)
        .map(|id| {
            let first = as_of - 400 + (id * 37 % 380) as i32;
            let gap = 5 + (id * 13 % 61) as i32;
            let times = (id * 7 % 5) * (id % 3);
            let days = (0..=times as i32)
                .map(|i| (first + i * gap, 500 + (id * 101 % 4000) + i64::from(i) * 10))
                .filter(|day| day.0 <= as_of)
                .collect();
            (id + 1, if id % 11 == 10 { vec![] } else { days })
        })
        .collect()
}
