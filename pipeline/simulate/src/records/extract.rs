//! The files: one extract of each system a night, sales, and what is true.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use fs_err::File;
use jiff::ToSpan;

use super::history::{Known, date};
use super::person::Household;
use super::source::{Record, SOURCES};
use crate::SimulateError;
use crate::delimited::line;
use crate::made::MadeFile;

const RECORD: &str = "id,first_name,last_name,birth_date,email,phone,street,postal_code,city,country,\
                      language,loyalty_card,payment_token,handle,account,registered_on,updated_on";
const SALE: &str = "sale,party,day,amount,channel";
const IDENTITY: &str = "party_ref,source,person,household";
const CHANGE: &str = "party_ref,change";
/// Where each source sells.
const CHANNELS: [&str; SOURCES.len()] = ["store", "web", "phone", "store"];
/// First and last day that is written: 1899-12-31 and 2029-12-31, days since 1970-01-01.
const DAYS: (i32, i32) = (-25_568, 21_914);

/// Folder of each night, with a slash behind it; a single night is the project itself.
pub(super) fn folders(nights: usize) -> Vec<String> {
    if nights == 1 {
        return vec![String::new()];
    }
    (1..=nights).map(|night| format!("night-{night:02}/")).collect()
}

/// One file that is being written.
struct Out {
    name: String,
    path: PathBuf,
    file: BufWriter<File>,
    rows: u64,
    bytes: u64,
}

impl Out {
    fn create(project: &Path, name: String, header: &str) -> Result<Self, SimulateError> {
        let path = project.join(&name);
        let file = File::create(&path)
            .map_err(|source| SimulateError::Write { path: path.clone(), source })?;
        let mut out = Self { name, path, file: BufWriter::new(file), rows: 0, bytes: 0 };
        out.line(header)?;
        out.rows = 0;
        Ok(out)
    }

    fn line(&mut self, text: &str) -> Result<(), SimulateError> {
        self.rows += 1;
        self.bytes += text.len() as u64 + 1;
        let written =
            self.file.write_all(text.as_bytes()).and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|source| SimulateError::Write { path: self.path.clone(), source })
    }

    fn finish(mut self) -> Result<MadeFile, SimulateError> {
        let fail = |source| SimulateError::Write { path: self.path.clone(), source };
        self.file.flush().map_err(fail)?;
        Ok(MadeFile { path: self.name, rows: self.rows, bytes: self.bytes })
    }
}

/// The files of one night.
struct Night {
    feeds: Vec<Out>,
    sales: Out,
    identity: Out,
    changes: Out,
}

/// The files of all nights.
pub(super) struct Extracts {
    nights: Vec<Night>,
    n_sales: usize,
    days: Vec<String>,
}

impl Extracts {
    /// Opens every file.
    pub(super) fn create(project: &Path, nights: usize) -> Result<Self, SimulateError> {
        let first = jiff::civil::date(1970, 1, 1);
        let days = (DAYS.0..=DAYS.1).map(|day| first.saturating_add(day.days()).to_string());
        let mut extracts =
            Self { nights: Vec::with_capacity(nights), n_sales: 0, days: days.collect() };
        for folder in folders(nights) {
            for part in ["feeds", "truth"] {
                let path = project.join(format!("{folder}{part}"));
                fs_err::create_dir_all(&path)
                    .map_err(|source| SimulateError::Write { path, source })?;
            }
            let out = |name: &str, header| Out::create(project, format!("{folder}{name}"), header);
            let feeds = SOURCES.iter().map(|it| out(&format!("feeds/{}.csv", it.feed), RECORD));
            extracts.nights.push(Night {
                feeds: feeds.collect::<Result<_, _>>()?,
                sales: out("feeds/sales.csv", SALE)?,
                identity: out("truth/truth_identity.csv", IDENTITY)?,
                changes: out("truth/truth_change.csv", CHANGE)?,
            });
        }
        extracts.open_the_shops()?;
        Ok(extracts)
    }

    /// A sale that names nobody on each date, so that each night has a sale on its own day.
    fn open_the_shops(&mut self) -> Result<(), SimulateError> {
        for nth in 0..self.nights.len() {
            self.sale("", date(nth), 199, "store", None)?;
        }
        Ok(())
    }

    /// Writes a record into the extract of each night that has it, with its sales and its truth.
    pub(super) fn push(
        &mut self,
        known: &Known,
        household: &Household,
    ) -> Result<(), SimulateError> {
        let truth = line(
            ',',
            &[
                &known.key,
                SOURCES[known.source].feed,
                &known.person.to_string(),
                &household.number.to_string(),
            ],
        );
        let mut before: Option<&Record> = None;
        for (nth, night) in self.nights.iter_mut().enumerate() {
            let now = known.at(nth);
            let change = match (before, now) {
                (None, Some(_)) if nth > 0 => Some("arrived"),
                (Some(_), None) => Some("erased"),
                (Some(before), Some(now)) if before != now => Some("changed"),
                _ => None,
            };
            if let Some(change) = change {
                night.changes.line(&line(',', &[&known.key, change]))?;
            }
            if let Some(record) = now {
                if let Some(feed) = night.feeds.get_mut(known.source) {
                    feed.line(&row(&known.key, record, &self.days))?;
                }
                night.identity.line(&truth)?;
            }
            before = now;
        }
        for &(day, cents) in &known.sales {
            self.sale(&known.key, day, cents, CHANNELS[known.source], known.leaves)?;
        }
        Ok(())
    }

    /// Writes a sale into every night from its day on; from the night on which its buyer is erased it
    /// names nobody.
    fn sale(
        &mut self,
        party: &str,
        day: i32,
        cents: i64,
        channel: &str,
        leaves: Option<usize>,
    ) -> Result<(), SimulateError> {
        self.n_sales += 1;
        let id = format!("R{}", self.n_sales);
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        let on = text(day, &self.days);
        for (nth, night) in self.nights.iter_mut().enumerate() {
            if day <= date(nth) {
                let party = if leaves.is_some_and(|leaves| leaves <= nth) { "" } else { party };
                night.sales.line(&line(',', &[&id, party, on, &amount, channel]))?;
            }
        }
        Ok(())
    }

    /// Closes the files and tells what was made.
    pub(super) fn finish(self) -> Result<Vec<MadeFile>, SimulateError> {
        let outs = self.nights.into_iter().flat_map(|night| {
            night.feeds.into_iter().chain([night.sales, night.identity, night.changes])
        });
        outs.map(Out::finish).collect()
    }
}

fn row(key: &str, record: &Record, days: &[String]) -> String {
    line(
        ',',
        &[
            key,
            &record.first,
            &record.last,
            record.birth.map_or("", |day| text(day, days)),
            &record.email,
            &record.phone,
            &record.street,
            &record.postal_code,
            &record.city,
            record.country,
            record.language,
            &record.card,
            &record.token,
            &record.handle,
            &record.account,
            text(record.registered, days),
            text(record.updated, days),
        ],
    )
}

/// A day as `2026-01-31`; empty outside of the days that are written.
fn text(day: i32, days: &[String]) -> &str {
    let at = usize::try_from(day - DAYS.0).ok();
    at.and_then(|at| days.get(at)).map_or("", String::as_str)
}
