//! Scalar functions of the engine: calendar days and clean text.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, Date32Array, StringArray};
use arrow_schema::{DataType, TimeUnit};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const MICROS_A_DAY: i64 = 86_400_000_000;

/// Offsets change on quarter hours alone, so one look-up serves all instants of a quarter.
const MICROS_A_QUARTER: i64 = 900_000_000;

/// `local_day(time, from, to)`: the day in zone `to` of a time written in zone `from`.
///
/// A time that a clock change skips is read with the offset before the change; one that it repeats
/// is read as the earlier of the two.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LocalDay {
    signature: Signature,
}

impl LocalDay {
    pub(super) fn new() -> Self {
        let time = DataType::Timestamp(TimeUnit::Microsecond, None);
        let arguments = vec![time, DataType::Utf8, DataType::Utf8];
        Self { signature: Signature::exact(arguments, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for LocalDay {
    fn name(&self) -> &'static str {
        "local_day"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [times, from, to] = args.args.as_slice() else {
            return exec_err!("local_day takes three arguments");
        };
        let (from, to) = (zone_name(from)?, zone_name(to)?);
        let times = times.to_array(args.number_rows)?;
        let times = times.as_primitive::<TimestampMicrosecondType>();
        let same = from == to;
        let (from, to) = (zone(&from)?, zone(&to)?);
        let mut memo = (i64::MIN, 0_i64);
        let days: Date32Array = times
            .iter()
            .map(|time| {
                let time = time?;
                if !same {
                    let quarter = time.div_euclid(MICROS_A_QUARTER);
                    if memo.0 != quarter {
                        memo = (quarter, shift(quarter * MICROS_A_QUARTER, &from, &to)?);
                    }
                }
                i32::try_from((time + memo.1).div_euclid(MICROS_A_DAY)).ok()
            })
            .collect();
        Ok(ColumnarValue::Array(Arc::new(days)))
    }
}

/// Microseconds to add to a time of zone `from` to read it in zone `to`.
fn shift(time: i64, from: &TimeZone, to: &TimeZone) -> Option<i64> {
    let written: DateTime = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(time).ok()?);
    let instant = from.to_ambiguous_timestamp(written).compatible().ok()?;
    let read = TimeZone::UTC.to_timestamp(to.to_datetime(instant)).ok()?;
    read.as_microsecond().checked_sub(time)
}

fn zone_name(value: &ColumnarValue) -> Result<String> {
    if let ColumnarValue::Scalar(ScalarValue::Utf8(Some(name))) = value {
        return Ok(name.clone());
    }
    exec_err!("the zones of local_day must be text constants")
}

fn zone(name: &str) -> Result<TimeZone> {
    TimeZone::get(name).map_err(|_| exec_datafusion_err!("`{name}` is not a time zone"))
}

/// `clean_text(text)`: the text without blanks around it; null when nothing is left.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CleanText {
    signature: Signature,
}

impl CleanText {
    pub(super) fn new() -> Self {
        Self { signature: Signature::exact(vec![DataType::Utf8], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for CleanText {
    fn name(&self) -> &'static str {
        "clean_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [text] = args.args.as_slice() else {
            return exec_err!("clean_text takes one argument");
        };
        let array = text.to_array(args.number_rows)?;
        let texts = array.as_string::<i32>();
        let is_clean = texts.iter().flatten().all(|text| {
            let bytes = text.as_bytes();
            let solid = |byte: Option<&u8>| byte.is_some_and(|b| *b > b' ' && b.is_ascii());
            solid(bytes.first()) && solid(bytes.last())
        });
        if is_clean {
            return Ok(ColumnarValue::Array(array));
        }
        let cleaned: StringArray =
            texts.iter().map(|text| text.map(str::trim).filter(|text| !text.is_empty())).collect();
        Ok(ColumnarValue::Array(Arc::new(cleaned) as ArrayRef))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str, from: &str, to: &str) -> i64 {
        let time = text.parse::<DateTime>().unwrap();
        let micros = TimeZone::UTC.to_timestamp(time).unwrap().as_microsecond();
        let quarter = micros.div_euclid(MICROS_A_QUARTER) * MICROS_A_QUARTER;
        let shift = shift(quarter, &zone(from).unwrap(), &zone(to).unwrap()).unwrap();
        (micros + shift).div_euclid(MICROS_A_DAY)
    }

    #[test]
    fn late_evenings_belong_to_the_local_day() {
        let new_year = 17_532; // 2018-01-01
        assert_eq!(day("2018-01-01T04:01:20", "UTC", "America/New_York"), new_year - 1);
        assert_eq!(day("2018-01-01T05:00:00", "UTC", "America/New_York"), new_year);
        assert_eq!(day("2018-01-01T04:01:20", "UTC", "UTC"), new_year);
    }

    #[test]
    fn a_skipped_hour_stays_on_its_day() {
        let change = 17_615; // 2018-03-25, clocks go from 02:00 to 03:00
        assert_eq!(day("2018-03-25T02:30:00", "Europe/Madrid", "Europe/Madrid"), change);
        assert_eq!(day("2018-03-25T02:30:00", "Europe/Madrid", "UTC"), change);
    }
}
