//! Lands bytes and gathers what comes out.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests may, and this is only of tests"
)]

use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use idip_feeds::{FeedError, FeedSpec, LandingReport, Reject, land, land_from};

/// All that came of one feed.
#[derive(Debug)]
pub struct Landed {
    pub batches: Vec<RecordBatch>,
    pub rejects: Vec<Reject>,
    pub report: LandingReport,
}

impl Landed {
    /// Line, column, code and sample of each reject.
    pub fn told(&self) -> Vec<(u64, Option<&str>, &'static str, &str)> {
        let told = |it: &'_ Reject| (it.line, it.reason.code());
        self.rejects
            .iter()
            .map(|it| (told(it).0, it.column.as_deref(), told(it).1, it.sample.as_str()))
            .collect()
    }

    /// A column over all batches, as text; nulls as `None`.
    pub fn column(&self, name: &str) -> Vec<Option<String>> {
        let mut values = Vec::new();
        for batch in &self.batches {
            let array = batch.column_by_name(name).expect("the column");
            values.extend((0..batch.num_rows()).map(|i| cell(array.as_ref(), i)));
        }
        values
    }
}

fn cell(array: &dyn arrow_array::Array, i: usize) -> Option<String> {
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
    use arrow_schema::DataType;

    array.is_valid(i).then(|| match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(i).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(i).to_string(),
        DataType::Decimal128(24, 6) => array.as_primitive::<Decimal128Type>().value(i).to_string(),
        DataType::Date32 => array.as_primitive::<Date32Type>().value(i).to_string(),
        DataType::Timestamp(..) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(i);
            jiff::Timestamp::from_microsecond(micros).expect("in range").to_string()
        }
        DataType::Boolean => array.as_boolean().value(i).to_string(),
        other => panic!("no column is of type {other}"),
    })
}

/// Lands a file.
pub fn land_file(path: &Path, spec: &FeedSpec, batch_rows: usize) -> Result<Landed, FeedError> {
    let (mut batches, mut rejects) = (Vec::new(), Vec::new());
    let report = land(
        path,
        spec,
        batch_rows,
        &mut |batch| {
            batches.push(batch);
            Ok(())
        },
        &mut |reject| {
            rejects.push(reject);
            Ok(())
        },
    )?;
    Ok(Landed { batches, rejects, report })
}

/// Lands bytes as if they were a file `feed`.
pub fn land_bytes(
    mut bytes: &[u8],
    spec: &FeedSpec,
    batch_rows: usize,
) -> Result<Landed, FeedError> {
    let (mut batches, mut rejects) = (Vec::new(), Vec::new());
    let report = land_from(
        &mut bytes,
        Path::new("feed"),
        spec,
        batch_rows,
        &mut |batch| {
            batches.push(batch);
            Ok(())
        },
        &mut |reject| {
            rejects.push(reject);
            Ok(())
        },
    )?;
    Ok(Landed { batches, rejects, report })
}

/// The folder of published data sets beside the repository, if it is there.
pub fn shared_data() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let data = root.join("../shared/data");
    if data.is_dir() {
        return Some(data);
    }
    eprintln!("skipped: the folder of published data sets is not beside the repository");
    None
}
