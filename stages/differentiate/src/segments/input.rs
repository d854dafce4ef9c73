//! The parties that segments are made of, in the order of their ids.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_schema::DataType;
use idip_schemas::differentiate::segment_input;
use idip_stage::{StageError, Tables};

use crate::order::{Place, one_by_customer};

/// Minor units of one unit of money.
const CENTS: f64 = 100.0;

/// Features of all parties, column by column, whatever the order of the batches.
///
/// A number is NaN where the party has none.
pub(super) struct Input {
    batches: Vec<(RecordBatch, segment_input::Columns)>,
    places: Vec<Place>,
    /// Row over all batches of each party; none when that is the order they came in.
    order: Option<Vec<usize>>,
    shares: Vec<Vec<f64>>,
}

impl Input {
    /// Reads the view, with the shares of that many categories.
    ///
    /// # Errors
    ///
    /// When a batch breaks the contract, a party has two rows, or a list holds a null.
    pub(super) fn parse(views: &Tables, n_categories: usize) -> Result<Self, StageError> {
        let batches = views
            .batches(&segment_input::CONTRACT)?
            .iter()
            .map(|batch| Ok((batch.clone(), segment_input::Columns::parse(batch)?)))
            .collect::<Result<Vec<_>, StageError>>()?;
        let places = one_by_customer(
            segment_input::CONTRACT.name,
            batches.iter().map(|(_, columns)| &columns.customer_id),
        )?;
        let mut first_rows = Vec::with_capacity(batches.len());
        let mut n_before = 0;
        for (batch, _) in &batches {
            first_rows.push(n_before);
            n_before += batch.num_rows();
        }
        let order: Vec<usize> = places
            .iter()
            .filter_map(|place| Some(first_rows.get(place.batch as usize)? + place.row as usize))
            .collect();
        let order = (!order.is_sorted()).then_some(order);
        let mut input = Self { batches, places, order, shares: Vec::new() };
        input.shares = input.read_shares(n_categories)?;
        Ok(input)
    }

    /// Number of parties.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Customer ids, ascending.
    pub(super) fn customer_ids(&self) -> impl Iterator<Item = i64> {
        self.places.iter().map(|place| place.customer_id)
    }

    /// A whole, decimal or floating column as numbers.
    pub(super) fn numbers(&self, feature: &str) -> Vec<f64> {
        let mut numbers = Vec::with_capacity(self.len());
        for (batch, _) in &self.batches {
            push_numbers(&mut numbers, batch.column_by_name(feature), batch.num_rows());
        }
        self.ordered(numbers)
    }

    /// The share of each category in the money of each party, category by category.
    pub(super) fn category_shares(&self) -> &[Vec<f64>] {
        &self.shares
    }

    fn read_shares(&self, n_categories: usize) -> Result<Vec<Vec<f64>>, StageError> {
        let mut columns = vec![Vec::with_capacity(self.len()); n_categories];
        for (_, batch) in &self.batches {
            let lists = &batch.category_shares;
            let items = lists.values().as_primitive::<Float64Type>();
            if items.null_count() > 0 {
                return Err(StageError::Data {
                    message: "table `segment_input` has nulls inside the lists of \
                              `category_shares`"
                        .to_owned(),
                    hint: None,
                });
            }
            for (row, bounds) in lists.value_offsets().windows(2).enumerate() {
                let list = match bounds {
                    [start, end] if lists.is_valid(row) => {
                        items.values().get(*start as usize..*end as usize)
                    }
                    _ => None,
                };
                for (at, column) in columns.iter_mut().enumerate() {
                    // A list may be shorter than the table of categories, never unknown in part.
                    let share = list.map(|list| list.get(at).copied().unwrap_or(0.0));
                    column.push(share.unwrap_or(f64::NAN));
                }
            }
        }
        Ok(columns.into_iter().map(|column| self.ordered(column)).collect())
    }

    /// Net money of each party, in minor units.
    pub(super) fn net_cents(&self) -> Vec<i128> {
        let cents =
            |batch: &(RecordBatch, segment_input::Columns)| batch.1.net_amount.values().to_vec();
        self.ordered(self.batches.iter().flat_map(cents).collect())
    }

    /// Named RFM segment of each party; none without purchases.
    pub(super) fn rfm_segments(&self) -> impl Iterator<Item = Option<&str>> {
        self.texts(|columns| &columns.rfm_segment)
    }

    /// Channel of most sale lines of each party; none without sales.
    pub(super) fn channels(&self) -> impl Iterator<Item = Option<&str>> {
        self.texts(|columns| &columns.favourite_channel)
    }

    fn texts(
        &self,
        of: fn(&segment_input::Columns) -> &StringArray,
    ) -> impl Iterator<Item = Option<&str>> {
        self.places.iter().map(move |place| {
            let (_, columns) = self.batches.get(place.batch as usize)?;
            let (names, row) = (of(columns), place.row as usize);
            names.is_valid(row).then(|| names.value(row))
        })
    }

    fn ordered<T: Copy>(&self, values: Vec<T>) -> Vec<T> {
        match &self.order {
            None => values,
            Some(order) => order.iter().filter_map(|&row| values.get(row).copied()).collect(),
        }
    }
}

/// Appends a column of any kind of number.
fn push_numbers(numbers: &mut Vec<f64>, column: Option<&arrow_array::ArrayRef>, n_rows: usize) {
    let first = numbers.len();
    let Some(column) = column else {
        numbers.resize(first + n_rows, f64::NAN);
        return;
    };
    match column.data_type() {
        DataType::Int64 => {
            numbers.extend(column.as_primitive::<Int64Type>().values().iter().map(|&x| x as f64));
        }
        DataType::Decimal128(..) => {
            // What a column of money holds fits an i64, which becomes a float at once.
            let cents = column.as_primitive::<Decimal128Type>().values().iter();
            numbers.extend(cents.map(|&cents| cents as i64 as f64 / CENTS));
        }
        DataType::Float64 => {
            numbers.extend_from_slice(column.as_primitive::<Float64Type>().values());
        }
        _ => numbers.resize(first + n_rows, f64::NAN),
    }
    if let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) {
        for (number, is_valid) in numbers.iter_mut().skip(first).zip(nulls.iter()) {
            if !is_valid {
                *number = f64::NAN;
            }
        }
    }
}
