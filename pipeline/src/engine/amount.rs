//! A scalar function that makes money of floating-point amounts.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, Decimal128Array};
use arrow_schema::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

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
        // Nearly every column is whole, and needs no list of what is null.
        let whole: Option<Vec<i128>> = if floats.null_count() == 0 {
            floats.values().iter().map(|float| cents(*float)).collect()
        } else {
            None
        };
        let amounts = match whole {
            Some(amounts) => Decimal128Array::from(amounts),
            None => floats.iter().map(|float| cents(float?)).collect(),
        };
        let amounts = amounts.with_precision_and_scale(18, 2)?;
        Ok(ColumnarValue::Array(Arc::new(amounts)))
    }
}

/// Most cents that eighteen digits hold: those of a column of money.
pub(crate) const MOST_CENTS: i128 = 999_999_999_999_999_999;

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
