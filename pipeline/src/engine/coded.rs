//! Scalar functions that turn the columns of a transaction line into numbers, before lines are moved.

use std::hash::BuildHasher;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type};
use arrow_array::{Array, Decimal128Array, Int32Array, Int64Array, UInt64Array};
use arrow_schema::DataType;
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

/// Stands between two keys in a list of keys: no category is named with it.
pub(crate) const KEY_SEPARATOR: char = '\u{1f}';

/// Name under which everything outside a list of keys is counted, when it is a key itself.
pub(crate) const OTHER: &str = "(other)";

/// `key_index(text, keys)`: the position of a text among a few known keys, else that of [`OTHER`], else
/// null.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct KeyIndex {
    signature: Signature,
}

impl KeyIndex {
    pub(super) fn new() -> Self {
        let arguments = vec![DataType::Utf8, DataType::Utf8];
        Self { signature: Signature::exact(arguments, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for KeyIndex {
    fn name(&self) -> &'static str {
        "key_index"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [text, ColumnarValue::Scalar(ScalarValue::Utf8(Some(keys)))] = args.args.as_slice()
        else {
            return exec_err!("key_index takes a text and a constant list of keys");
        };
        let keys = Keys::new(keys.split(KEY_SEPARATOR));
        let other = keys.index_of(OTHER);
        let texts = text.to_array(args.number_rows)?;
        let mut memo: Option<(&str, Option<i32>)> = None;
        let indices: Int32Array = texts
            .as_string::<i32>()
            .iter()
            .map(|text| {
                let text = text?;
                if let Some((last, index)) = memo
                    && last == text
                {
                    return index;
                }
                let index = keys.index_of(text).or(other);
                let index = index.and_then(|index| i32::try_from(index).ok());
                memo = Some((text, index));
                index
            })
            .collect();
        Ok(ColumnarValue::Array(Arc::new(indices)))
    }
}

/// A few texts, told apart by their length and first bytes before they are compared.
struct Keys<'k> {
    marks: Vec<u64>,
    keys: Vec<&'k str>,
}

impl<'k> Keys<'k> {
    fn new(keys: impl Iterator<Item = &'k str>) -> Self {
        let keys: Vec<&str> = keys.collect();
        Self { marks: keys.iter().map(|key| mark(key)).collect(), keys }
    }

    fn index_of(&self, text: &str) -> Option<usize> {
        let wanted = mark(text);
        let is_it = |(_, (found, key)): &(usize, (&u64, &&str))| **found == wanted && **key == text;
        self.marks.iter().zip(&self.keys).enumerate().find(is_it).map(|(index, _)| index)
    }
}

/// The first seven bytes of a text and its length, which says how many of them count.
fn mark(text: &str) -> u64 {
    let bytes = text.bytes().take(7).fold(0, |mark, byte| (mark << 8) | u64::from(byte));
    (bytes << 8) | (text.len() as u64 & 0xff)
}

/// `minor_units(amount)`: money as a whole number of cents.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct MinorUnits {
    signature: Signature,
}

impl MinorUnits {
    pub(super) fn new() -> Self {
        let arguments = vec![DataType::Decimal128(18, 2)];
        Self { signature: Signature::exact(arguments, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for MinorUnits {
    fn name(&self) -> &'static str {
        "minor_units"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [amount] = args.args.as_slice() else {
            return exec_err!("minor_units takes one argument");
        };
        let amounts = amount.to_array(args.number_rows)?;
        let amounts = amounts.as_primitive::<Decimal128Type>();
        // Eighteen digits fit into 64 bits; what lies under a null is never read.
        let cents = amounts.values().iter().map(|amount| *amount as i64);
        let cents = Int64Array::new(cents.collect(), amounts.nulls().cloned());
        Ok(ColumnarValue::Array(Arc::new(cents)))
    }
}

/// `basket_key(basket_id)`: a number by which the baskets of one party and day are told apart.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct BasketKey {
    signature: Signature,
}

impl BasketKey {
    pub(super) fn new() -> Self {
        Self { signature: Signature::exact(vec![DataType::Utf8], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for BasketKey {
    fn name(&self) -> &'static str {
        "basket_key"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [basket] = args.args.as_slice() else {
            return exec_err!("basket_key takes one argument");
        };
        let hasher = foldhash::quality::FixedState::default();
        let baskets = basket.to_array(args.number_rows)?;
        let keys: UInt64Array = baskets
            .as_string::<i32>()
            .iter()
            .map(|basket| basket.map(|basket| hasher.hash_one(basket)))
            .collect();
        Ok(ColumnarValue::Array(Arc::new(keys)))
    }
}

/// `float_amount(x)`: a floating-point amount as money, rounded half away from zero in its sixth and
/// then in its second place; null when it has no such value.
///
/// An amount of 2.675 is held as 2.67499999999999982 and means 2.68, so the noise goes first.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct FloatAmount {
    signature: Signature,
}

impl FloatAmount {
    pub(super) fn new() -> Self {
        Self { signature: Signature::exact(vec![DataType::Float64], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for FloatAmount {
    fn name(&self) -> &'static str {
        "float_amount"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Decimal128(18, 2))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [amount] = args.args.as_slice() else {
            return exec_err!("float_amount takes one argument");
        };
        let floats = amount.to_array(args.number_rows)?;
        let floats = floats.as_primitive::<Float64Type>();
        let amounts: Decimal128Array = if floats.null_count() == 0 {
            floats.values().iter().map(|float| cents(*float)).collect()
        } else {
            floats.iter().map(|float| cents(float?)).collect()
        };
        let amounts = amounts.with_precision_and_scale(18, 2)?;
        Ok(ColumnarValue::Array(Arc::new(amounts)))
    }
}

/// Most cents that eighteen digits hold.
const MOST_CENTS: i128 = 999_999_999_999_999_999;

fn cents(amount: f64) -> Option<i128> {
    let millionths = (amount * 1e6).round();
    if millionths.abs() < 9e18 {
        let millionths = millionths as i64;
        return Some(i128::from((millionths + 5_000 * millionths.signum()) / 10_000));
    }
    if millionths.is_finite() && millionths.abs() < 1e24 {
        let millionths = millionths as i128;
        let cents = (millionths + 5_000 * millionths.signum()) / 10_000;
        return (cents.abs() <= MOST_CENTS).then_some(cents);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_the_whole_of_their_text() {
        let long = "a".repeat(7 + 256);
        let keys = Keys::new(
            ["", "tea", "teapot", "teapots", "teapots, old", "teapots, new", &long].into_iter(),
        );
        let found = ["teapots, new", "tea", "", "teapot", "teapots", "teapots, odd", "te"];
        let found: Vec<_> = found.iter().map(|text| keys.index_of(text)).collect();
        assert_eq!(found, [Some(5), Some(1), Some(0), Some(2), Some(3), None, None]);
        assert_eq!(keys.index_of(&long), Some(6));
        assert_eq!(keys.index_of(&long[..7]), None);
    }

    #[test]
    fn floats_become_the_money_they_stand_for() {
        let written = [
            (2.675, Some(268)),
            (-2.675, Some(-268)),
            (1.005, Some(101)),
            (0.1 + 0.2, Some(30)),
            (-0.0, Some(0)),
            (0.004_999_4, Some(0)),
            (0.004_999_6, Some(1)),
            (f64::NAN, None),
            (f64::INFINITY, None),
            (1e16, None),
            (8e15, Some(800_000_000_000_000_000)),
            (-1e300, None),
        ];
        for (float, expected) in written {
            assert_eq!(cents(float), expected, "{float}");
        }
    }
}
