//! The parties that segments are made of, in the order of their ids.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, ListArray};
use arrow_schema::DataType;
use idip_schemas::differentiate::segment_input;
use idip_stage::{Part, StageError, Views};

use crate::order::{Order, customer_ids, parts};

/// Minor units of one unit of money.
const CENTS: f64 = 100.0;

/// Features of all parties, asked for a few columns and some customers at a time: all of them together are more
/// than fits.
pub(super) struct Input<'v> {
    views: &'v dyn Views,
    ids: Vec<i64>,
    n_categories: usize,
}

impl<'v> Input<'v> {
    /// Reads who there is, of whom the shares of that many categories are known.
    ///
    /// # Errors
    ///
    /// When the view is not answered or a party has two rows.
    pub(super) fn read(views: &'v dyn Views, n_categories: usize) -> Result<Self, StageError> {
        let ids = customer_ids(views, &segment_input::CONTRACT)?;
        Ok(Self { views, ids, n_categories })
    }

    /// Number of parties.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Customer ids, ascending.
    pub(super) fn customer_ids(&self) -> &[i64] {
        &self.ids
    }

    /// Whole, decimal or floating columns as numbers; NaN where the party has none.
    ///
    /// # Errors
    ///
    /// When the view is not answered.
    pub(super) fn numbers_of(&self, features: &[&str]) -> Result<Vec<Vec<f64>>, StageError> {
        let mut columns = vec!["customer_id"];
        columns.extend_from_slice(features);
        let mut numbers: Vec<Vec<f64>> =
            features.iter().map(|_| Vec::with_capacity(self.len())).collect();
        for customers in parts(&self.ids) {
            let part = Part { columns: &columns, customers: Some(customers) };
            let order = Order::read(self.views, &segment_input::CONTRACT, &part, |batch| {
                let columns = batch.columns().iter().skip(1);
                numbers.iter_mut().zip(columns).for_each(|(to, column)| push_numbers(to, column));
                Ok(())
            })?;
            for numbers in &mut numbers {
                order.sort_last(numbers);
            }
        }
        Ok(numbers)
    }

    /// One column, as [`numbers_of`](Self::numbers_of).
    ///
    /// # Errors
    ///
    /// As [`numbers_of`](Self::numbers_of).
    pub(super) fn numbers(&self, feature: &str) -> Result<Vec<f64>, StageError> {
        Ok(self.numbers_of(&[feature])?.pop().unwrap_or_default())
    }

    /// Net money of each party, in minor units.
    ///
    /// # Errors
    ///
    /// When the view is not answered.
    pub(super) fn net_cents(&self) -> Result<Vec<i64>, StageError> {
        // What a column of money holds fits an i64.
        self.column("net_amount", |column, cents| {
            let amounts = column.as_primitive::<Decimal128Type>().values().iter();
            cents.extend(amounts.map(|&amount| amount as i64));
        })
    }

    /// What is made of a text of each party, which is none where it has none.
    ///
    /// # Errors
    ///
    /// When the view is not answered, or what `make` answers.
    pub(super) fn texts<T: Copy>(
        &self,
        column: &str,
        mut make: impl FnMut(Option<&str>) -> Result<T, StageError>,
    ) -> Result<Vec<T>, StageError> {
        let mut refused = None;
        let made = self.column(column, |texts, made| {
            for text in texts.as_string::<i32>() {
                match make(text) {
                    Ok(one) => made.push(one),
                    Err(error) => refused = Some(error),
                }
            }
        })?;
        refused.map_or(Ok(made), Err)
    }

    /// The share of each category in the money of the parties at these positions, which ascend, category
    /// by category; NaN where it is not known.
    ///
    /// # Errors
    ///
    /// When the view is not answered, or a list holds a null.
    pub(super) fn shares_of(&self, rows: &[usize]) -> Result<Vec<Vec<f64>>, StageError> {
        // A copy of a list has no more room than it needs, so that each is made with its own.
        let mut columns: Vec<Vec<f64>> =
            (0..self.n_categories).map(|_| Vec::with_capacity(rows.len())).collect();
        let (mut rest, mut first) = (rows, 0);
        for customers in parts(&self.ids) {
            let part =
                Part { columns: &["customer_id", "category_shares"], customers: Some(customers) };
            let mut lists: Vec<ArrayRef> = Vec::new();
            // Position of the list of each row: batch, and row in the batch.
            let mut places: Vec<(u32, u32)> = Vec::new();
            let order = Order::read(self.views, &segment_input::CONTRACT, &part, |batch| {
                let list = batch.column(1);
                if list.as_list::<i32>().values().null_count() > 0 {
                    return Err(null_share());
                }
                let at = lists.len() as u32;
                places.extend((0..list.len() as u32).map(|row| (at, row)));
                lists.push(list.clone());
                Ok(())
            })?;
            let places = order.sort(places);
            let lists: Vec<&ListArray> = lists.iter().map(AsArray::as_list).collect();
            let n_mine = rest.partition_point(|&row| row < first + places.len());
            let (mine, others) = rest.split_at_checked(n_mine).unwrap_or((rest, &[]));
            for place in mine.iter().filter_map(|&row| places.get(row - first)) {
                push_shares(&mut columns, lists.get(place.0 as usize).copied(), place.1 as usize);
            }
            rest = others;
            first += places.len();
        }
        Ok(columns)
    }

    /// The share of each category in the money of every party, as [`shares_of`](Self::shares_of).
    ///
    /// # Errors
    ///
    /// As [`shares_of`](Self::shares_of).
    pub(super) fn shares(&self) -> Result<Vec<Vec<f64>>, StageError> {
        self.shares_of(&(0..self.len()).collect::<Vec<_>>())
    }

    fn column<T: Copy>(
        &self,
        name: &str,
        mut push: impl FnMut(&ArrayRef, &mut Vec<T>),
    ) -> Result<Vec<T>, StageError> {
        let columns = ["customer_id", name];
        let mut values = Vec::with_capacity(self.len());
        for customers in parts(&self.ids) {
            let part = Part { columns: &columns, customers: Some(customers) };
            let order = Order::read(self.views, &segment_input::CONTRACT, &part, |batch| {
                push(batch.column(1), &mut values);
                Ok(())
            })?;
            order.sort_last(&mut values);
        }
        Ok(values)
    }
}

fn null_share() -> StageError {
    StageError::Data {
        message: "table `segment_input` has nulls inside the lists of `category_shares`".to_owned(),
        hint: None,
    }
}

/// Appends the shares of one party. A list may be shorter than the table of categories, never unknown in
/// part.
fn push_shares(columns: &mut [Vec<f64>], lists: Option<&ListArray>, row: usize) {
    let list = lists.filter(|lists| lists.is_valid(row)).and_then(|lists| {
        let items = lists.values().as_primitive::<Float64Type>().values();
        let offsets = lists.value_offsets().get(row..row + 2)?;
        items.get(*offsets.first()? as usize..*offsets.last()? as usize)
    });
    for (at, column) in columns.iter_mut().enumerate() {
        let share = list.map(|list| list.get(at).copied().unwrap_or(0.0));
        column.push(share.unwrap_or(f64::NAN));
    }
}

/// Appends a column of any kind of number.
fn push_numbers(numbers: &mut Vec<f64>, column: &ArrayRef) {
    let first = numbers.len();
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
        _ => numbers.resize(first + column.len(), f64::NAN),
    }
    if let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) {
        for (number, is_valid) in numbers.iter_mut().skip(first).zip(nulls.iter()) {
            if !is_valid {
                *number = f64::NAN;
            }
        }
    }
}
