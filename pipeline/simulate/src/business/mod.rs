//! A whole small business: people, what they buy and say, and how its systems write that down.
//!
//! ```text
//! person ─▶ record ─▶ consent ─▶ purchase ─▶ campaign ─▶ voice      what happens
//!                                   │
//!               sale_feeds, party_feeds ─▶ books                    what the files say
//!               truth                                               what is so
//! ```

mod books;
mod calendar;
mod campaign;
mod catalogue;
mod consent;
mod guide;
mod names;
mod offer;
mod party_feeds;
mod person;
mod purchase;
mod record;
mod sale_feeds;
#[cfg(test)]
mod sample_tests;
#[cfg(test)]
mod tests;
mod truth;
mod voice;

use std::path::Path;

use serde_json::json;
use sha2::{Digest, Sha256};

use self::books::{Books, Row, point};
use self::calendar::{Clock, Season};
use self::purchase::{LINES_PER_BASKET, STRANGER_SHARE};
use crate::made::{Made, MadeFile};
use crate::{Request, SimulateError, write};

/// Text of the project file.
const PROJECT: &str = include_str!("idip.yaml");
/// Share of till lines that are not the baskets themselves: December twice, returns, corrections.
const OTHER_LINES: f64 = 0.09;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How a file of a feed is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// UTF-8 with byte-order mark, lines ending in CR LF.
    Windows,
    Latin1,
    /// With a companion that tells rows, the total of a column, and the SHA-256.
    Controlled(&'static str),
}

/// One file of a feed.
struct FeedFile {
    feed: &'static str,
    name: &'static str,
    header: Option<&'static str>,
    form: Form,
    has_money: bool,
    rows: Vec<Row>,
}

impl FeedFile {
    fn csv(feed: &'static str, name: &'static str, header: &'static str, rows: Vec<Row>) -> Self {
        Self { feed, name, header: Some(header), form: Form::Plain, has_money: false, rows }
    }

    fn jsonl(feed: &'static str, name: &'static str, rows: Vec<Row>) -> Self {
        Self { feed, name, header: None, form: Form::Plain, has_money: false, rows }
    }

    fn with_money(self) -> Self {
        Self { has_money: true, ..self }
    }

    fn bytes(&self) -> Vec<u8> {
        let end = if self.form == Form::Windows { "\r\n" } else { "\n" };
        let mut text = String::new();
        for line in self.header.into_iter().chain(self.rows.iter().map(|row| row.text.as_str())) {
            text.push_str(line);
            text.push_str(end);
        }
        match self.form {
            Form::Windows => [BYTE_ORDER_MARK, text.as_bytes()].concat(),
            // The first 256 characters of Unicode are latin-1.
            Form::Latin1 => text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
            Form::Plain | Form::Controlled(_) => text.into_bytes(),
        }
    }

    fn control(&self, column: &str, bytes: &[u8]) -> String {
        let total: i64 = self.rows.iter().map(|row| row.amount).sum();
        let digits =
            Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
        let hash = digits.concat();
        let control = json!({
            "rows": self.rows.len(), "total": { column: point(total) }, "sha256": hash,
        });
        format!("{control}\n")
    }
}

/// Makes the project in an empty folder.
pub(crate) fn make(request: &Request) -> Result<Made, SimulateError> {
    let &Request { seed, parties, .. } = request;
    let season = Season::new();
    let clock = Clock::new()?;
    let products = catalogue::products();

    let baskets = request.transactions as f64 * (1.0 - OTHER_LINES) / LINES_PER_BASKET;
    let people = person::people(seed, parties, baskets * (1.0 - STRANGER_SHARE), &season);
    let records = record::records(seed, &people);
    let permissions = consent::permissions(seed, &people, &records);
    let n_strangers = (baskets * STRANGER_SHARE) as usize;
    let mut sales = purchase::sales(seed, &people, &records, &products, &season, n_strangers);
    let campaigns =
        campaign::campaigns(seed, &people, &records, &permissions, &products, &mut sales);
    let returns = purchase::returns(seed, &sales.baskets);
    sales.baskets.extend(returns);
    // A stable sort: baskets of one minute stay in the order in which they were made.
    sales.baskets.sort_by_key(|basket| (basket.day, basket.minute));
    let voices = voice::voices(seed, &people, &records, &sales.fates);

    let sold = sale_feeds::rows(&sales.baskets, &products, &clock);
    let till = |name, rows| FeedFile::csv("till", name, sale_feeds::TILL, rows).with_money();
    let files = [
        till("till-2024.csv", sold.till_2024),
        FeedFile { form: Form::Windows, ..till("till-2025.csv", sold.till_2025) },
        FeedFile {
            form: Form::Controlled("paid"),
            ..FeedFile::csv("web_orders", "web-orders.csv", sale_feeds::WEB, sold.web).with_money()
        },
        FeedFile::csv(
            "crm",
            "customers.csv",
            party_feeds::CUSTOMERS,
            party_feeds::customers(&records),
        ),
        FeedFile::jsonl("web_accounts", "web-accounts.jsonl", party_feeds::accounts(&records)),
        FeedFile {
            form: Form::Latin1,
            ..FeedFile::csv(
                "products",
                "products.csv",
                party_feeds::PRODUCTS,
                party_feeds::products(&products),
            )
        },
        FeedFile::jsonl(
            "interactions",
            "interactions.jsonl",
            party_feeds::interactions(&voices, &clock),
        ),
        FeedFile::csv(
            "surveys",
            "surveys.csv",
            party_feeds::SURVEYS,
            party_feeds::surveys(&voices),
        ),
        FeedFile::csv(
            "consents",
            "consents.csv",
            party_feeds::CONSENTS,
            party_feeds::consents(&permissions),
        ),
        FeedFile::csv(
            "suppressions",
            "suppressions.csv",
            party_feeds::SUPPRESSIONS,
            party_feeds::suppressions(&permissions),
        ),
        FeedFile::csv("offer_list", "offers.csv", party_feeds::OFFERS, party_feeds::offers()),
        FeedFile::csv(
            "campaigns",
            "campaign_contacts.csv",
            party_feeds::CONTACTS,
            party_feeds::contacts(&campaigns),
        ),
        FeedFile::csv(
            "responses",
            "responses.csv",
            party_feeds::RESPONSES,
            party_feeds::responses(&campaigns),
        )
        .with_money(),
        FeedFile::jsonl("social_posts", "social_posts.jsonl", party_feeds::posts(&voices)),
    ];
    let books = books(&files);
    let truth = [
        truth::parties(&records, &sales.baskets, &permissions, &voices),
        truth::people(&people, &sales.fates, &season),
        truth::profiles(),
        truth::uplift(),
        truth::campaigns(&campaigns),
        truth::reconciliation(&books),
    ];
    save(&request.folder, seed, &files, &books, &truth)
}

/// The books of each feed, its files taken together.
fn books(files: &[FeedFile]) -> Vec<Books> {
    let mut books: Vec<Books> = Vec::new();
    for file in files {
        if books.iter().all(|known| known.feed != file.feed) {
            let own = files.iter().filter(|other| other.feed == file.feed);
            books.push(Books::of(file.feed, file.has_money, own.flat_map(|file| &file.rows)));
        }
    }
    books
}

fn save(
    folder: &Path,
    seed: u64,
    files: &[FeedFile],
    books: &[Books],
    truth: &[truth::TruthFile],
) -> Result<Made, SimulateError> {
    let mut made = Vec::new();
    for file in files {
        let bytes = file.bytes();
        let path = format!("feeds/{}", file.name);
        if let Form::Controlled(column) = file.form {
            let control = file.control(column, &bytes);
            write(folder, &format!("{path}.control.json"), control.as_bytes())?;
        }
        write(folder, &path, &bytes)?;
        made.push(MadeFile { path, rows: file.rows.len() as u64, bytes: bytes.len() as u64 });
    }
    for (name, lines) in truth {
        let text = lines.join("\n") + "\n";
        let path = format!("truth/{name}");
        write(folder, &path, text.as_bytes())?;
        let (rows, bytes) = (lines.len() as u64 - 1, text.len() as u64);
        made.push(MadeFile { path, rows, bytes });
    }
    write(folder, "idip.yaml", PROJECT.as_bytes())?;
    write(folder, "README.md", guide::text(seed, &made, books).as_bytes())?;
    Ok(Made { folder: folder.to_owned(), files: made })
}
