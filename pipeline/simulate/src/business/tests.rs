//! The whole business, small: what its files say is read back as its own project file declares it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{Array, RecordBatch};
use idip_feeds::{
    ControlFile, CsvFormat, Delimiter, FeedFormat, FeedSpec, LINE_COLUMN, LandingReport, RawColumn,
    RawKind, Reject, land,
};
use idip_project::{ColumnSource, Encoding, Feed, Project, RawType};

use crate::{Made, Request, simulate};

const SEED: u64 = 11;

fn made(folder: &Path, seed: u64) -> Made {
    let folder = folder.to_owned();
    simulate(&Request { folder, parties: 1_500, transactions: 18_000, seed }).expect("makes")
}

fn project(folder: &Path) -> Project {
    let text = fs_err::read_to_string(folder.join("idip.yaml")).expect("reads");
    match idip_project::read("idip.yaml", &text) {
        Ok((project, _)) => project,
        Err(problems) => panic!("{problems:?}"),
    }
}

/// Columns of the file that a mapping names, texts where the project file says nothing else.
fn raw_columns(feed: &Feed) -> Vec<RawColumn> {
    let contract = kinds_of_table(&feed.table);
    let mut kinds: BTreeMap<String, RawKind> = BTreeMap::new();
    for (target, source) in &feed.columns {
        match source {
            ColumnSource::Column(name) => {
                let kind = contract.get(target.as_str()).cloned().unwrap_or(RawKind::Text);
                kinds.entry(name.clone()).or_insert(kind);
            }
            ColumnSource::Sql { sql } => {
                for name in names_in(sql) {
                    kinds.entry(name).or_insert(RawKind::Text);
                }
            }
            ColumnSource::Value { .. } => {}
        }
    }
    let zone = Some("Europe/Madrid".to_owned());
    for (name, raw) in &feed.types {
        let kind = match raw {
            RawType::Decimal => RawKind::Decimal,
            RawType::Date(format) => RawKind::Date { format: format.clone() },
            RawType::Timestamp(format) => {
                RawKind::Timestamp { format: format.clone(), zone: zone.clone() }
            }
            other => panic!("no feed here has {other:?}"),
        };
        kinds.insert(name.clone(), kind);
    }
    kinds.into_iter().map(|(name, kind)| RawColumn::optional(name, kind)).collect()
}

/// What the columns of a table are, other than text.
fn kinds_of_table(table: &str) -> BTreeMap<&'static str, RawKind> {
    let date = || RawKind::Date { format: None };
    let kinds = match table {
        "transaction" => vec![
            ("amount", RawKind::Decimal),
            ("discount", RawKind::Decimal),
            ("quantity", RawKind::Decimal),
        ],
        "party" => vec![("registered_on", date()), ("updated_on", date())],
        "product" => vec![("list_price", RawKind::Decimal), ("unit_cost", RawKind::Decimal)],
        "survey" => vec![("score", RawKind::Decimal)],
        "consent" | "suppression" => vec![("valid_from", date())],
        "offer" => vec![
            ("cost", RawKind::Decimal),
            ("margin", RawKind::Decimal),
            ("customer_value", RawKind::Decimal),
            ("base_response", RawKind::Decimal),
            ("stock", RawKind::Integer),
            ("valid_to", date()),
        ],
        "campaign_contact" => vec![("sent_on", date())],
        "response" => vec![("responded_on", date()), ("amount", RawKind::Decimal)],
        "social_post" => vec![
            ("posted_on", date()),
            ("reach", RawKind::Integer),
            ("likes", RawKind::Integer),
            ("replies", RawKind::Integer),
            ("shares", RawKind::Integer),
            ("mentions_brand", RawKind::Boolean),
            ("sentiment", RawKind::Decimal),
        ],
        _ => Vec::new(),
    };
    kinds.into_iter().collect()
}

/// Small words of an expression outside its texts: its columns, and `coalesce`.
fn names_in(sql: &str) -> BTreeSet<String> {
    let outside: String = sql.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
    outside
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()) && *word != "coalesce")
        .map(str::to_owned)
        .collect()
}

struct Landed {
    report: LandingReport,
    batches: Vec<RecordBatch>,
    rejects: Vec<Reject>,
}

fn land_feed(feed: &Feed, path: &Path, totals: Vec<String>) -> Landed {
    let format = if path.extension().is_some_and(|ending| ending == "jsonl") {
        FeedFormat::JsonLines
    } else {
        FeedFormat::Csv(CsvFormat {
            delimiter: Delimiter::Byte(match feed.delimiter.as_deref() {
                Some("tab") => b'\t',
                Some(one) => one.as_bytes()[0],
                None => b',',
            }),
            encoding: match feed.encoding {
                Some(Encoding::Latin1) => idip_feeds::Encoding::Windows1252,
                _ => idip_feeds::Encoding::Utf8,
            },
            decimal_comma: feed.decimal_comma,
            grouping: feed.decimal_comma.then_some('.'),
            ..CsvFormat::default()
        })
    };
    let mut spec = FeedSpec::new(format, raw_columns(feed));
    spec.null_tokens.extend(feed.null_values.clone());
    spec.totals = totals;
    if let Some(ColumnSource::Column(amount)) = feed.columns.get("amount") {
        spec.money = Some(amount.clone());
    }
    let (mut batches, mut rejects) = (Vec::new(), Vec::new());
    let report = land(
        path,
        &spec,
        4096,
        &mut |batch| {
            batches.push(batch);
            Ok(())
        },
        &mut |reject| {
            rejects.push(reject);
            Ok(())
        },
    )
    .unwrap_or_else(|error| panic!("{error}"));
    Landed { report, batches, rejects }
}

fn files(folder: &Path, feed: &Feed) -> Vec<std::path::PathBuf> {
    let pattern = feed.files.as_slice()[0].trim_start_matches("feeds/").to_owned();
    let mut found: Vec<_> = fs_err::read_dir(folder.join("feeds"))
        .expect("reads")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            match pattern.split_once('*') {
                Some((head, tail)) => name.starts_with(head) && name.ends_with(tail),
                None => name == pattern,
            }
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{pattern}");
    found
}

/// Rows and cents by feed and outcome, as the truth tells them.
fn told(folder: &Path) -> BTreeMap<(String, String), (u64, Option<i64>)> {
    let text = fs_err::read_to_string(folder.join("truth/reconciliation.csv")).expect("reads");
    text.lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let amount = cells[3].replace('.', "").parse().ok();
            ((cells[0].into(), cells[1].into()), (cells[2].parse().expect("a count"), amount))
        })
        .collect()
}

/// The values of one row, its line aside.
fn key(batch: &RecordBatch, row: usize) -> String {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    columns
        .filter(|(field, _)| field.name() != LINE_COLUMN)
        .map(|(_, values)| format!("{:?}", values.slice(row, 1)))
        .collect::<Vec<_>>()
        .join("|")
}

#[test]
fn every_feed_is_read_and_its_books_are_the_truth() {
    let folder = tempfile::tempdir().expect("a folder");
    made(folder.path(), SEED);
    let project = project(folder.path());
    let told = told(folder.path());
    assert_eq!(told.len(), 6 * project.feeds.len());
    for (name, feed) in &project.feeds {
        let truth = |outcome: &str| told[&(name.clone(), outcome.to_owned())];
        let (mut read, mut rejected, mut cents, mut nobody) = (0, 0, 0, 0);
        let (mut seen, mut repeated) = (BTreeSet::new(), 0);
        for path in files(folder.path(), feed) {
            let landed = land_feed(feed, &path, Vec::new());
            assert!(landed.report.columns_never_seen.is_empty(), "{name}");
            assert!(!landed.report.ends_mid_line);
            read += landed.report.rows_read;
            rejected += landed.rejects.len() as u64;
            let lost = landed.rejects.iter().filter_map(|reject| reject.money);
            cents += lost.map(|money| money.0).sum::<i128>() / 10_000;
            for batch in &landed.batches {
                let text = |column: &str, row| {
                    batch.column_by_name(column).is_some_and(|it| !it.is_null(row))
                };
                for row in 0..batch.num_rows() {
                    let is_new = seen.insert(key(batch, row));
                    repeated += u64::from(!is_new);
                    let names = ["tarjeta", "pago", "account", "guest_email"];
                    let is_sale = feed.table == "transaction";
                    if is_sale && is_new && !names.iter().any(|column| text(column, row)) {
                        nobody += 1;
                    }
                }
                if let Some(ColumnSource::Column(amount)) = feed.columns.get("amount") {
                    let amounts = batch.column_by_name(amount).expect("a column");
                    let amounts = amounts.as_primitive::<Decimal128Type>();
                    cents += amounts.values().iter().sum::<i128>() / 10_000;
                }
            }
        }
        // A word that is no status is text like any other until it is mapped.
        let mapped = if name == "consents" { consents_without_status(folder.path()) } else { 0 };
        assert_eq!(read, truth("read").0, "{name}");
        assert_eq!(rejected + mapped, truth("rejected").0, "{name}");
        assert_eq!(repeated, truth("duplicate").0, "{name}");
        assert_eq!(nobody, truth("unattributed").0, "{name}");
        let all = ["used", "rejected", "duplicate", "unattributed", "after_date"].map(truth);
        assert_eq!(all.iter().map(|sum| sum.0).sum::<u64>(), read, "{name}");
        assert_eq!(truth("read").1.unwrap_or_default(), cents as i64, "{name}");
        assert!((truth("rejected").0 as f64) < feed.max_rejects * read as f64, "{name}");
    }
    let of = |feed: &str, outcome: &str| told[&(feed.to_owned(), outcome.to_owned())].0;
    assert!(of("till", "rejected") > 8 && of("till", "duplicate") > 300);
    assert!(of("till", "unattributed") > 500 && of("crm", "duplicate") > 0);
}

fn consents_without_status(folder: &Path) -> u64 {
    let text = fs_err::read_to_string(folder.join("feeds/consents.csv")).expect("reads");
    text.lines().filter(|line| line.contains(";pendiente;")).count() as u64
}

#[test]
fn the_reasons_of_the_tills_rejects_are_the_three_that_were_made() {
    let folder = tempfile::tempdir().expect("a folder");
    made(folder.path(), SEED);
    let project = project(folder.path());
    let feed = &project.feeds["till"];
    let mut reasons = BTreeMap::new();
    for path in files(folder.path(), feed) {
        for reject in land_feed(feed, &path, Vec::new()).rejects {
            *reasons.entry((reject.column, reject.reason.code())).or_insert(0) += 1;
        }
    }
    let reasons: Vec<_> =
        reasons.keys().map(|(column, reason)| (column.as_deref(), *reason)).collect();
    assert_eq!(
        reasons,
        [
            (None, "too_few_fields"),
            (Some("fecha"), "not_a_date"),
            (Some("importe"), "not_a_number"),
        ]
    );
}

#[test]
fn the_control_file_agrees_with_its_feed() {
    let folder = tempfile::tempdir().expect("a folder");
    made(folder.path(), SEED);
    let project = project(folder.path());
    let path = folder.path().join("feeds/web-orders.csv");
    let control = folder.path().join("feeds/web-orders.csv.control.json");
    let control = ControlFile::read(&control).expect("a control file");
    assert_eq!(control.total_columns(), ["paid"]);
    assert!(control.rows.is_some() && control.sha256.is_some());
    let landed = land_feed(&project.feeds["web_orders"], &path, control.total_columns());
    control.check(&path, &landed.report.figures()).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_reference_means_one_person_and_every_buyer_is_known_to_the_truth() {
    let folder = tempfile::tempdir().expect("a folder");
    made(folder.path(), SEED);
    let text = |name: &str| fs_err::read_to_string(folder.path().join(name)).expect("reads");
    let mut person_of = BTreeMap::new();
    for line in text("truth/party.csv").lines().skip(1) {
        let (reference, person) = line.rsplit_once(',').expect("two cells");
        assert!(person_of.insert(reference.to_owned(), person.to_owned()).is_none(), "{reference}");
    }
    let people: BTreeSet<&str> = person_of.values().map(String::as_str).collect();
    assert!(people.len() <= 1_500 && people.len() > 1_400);
    let tills = [text("feeds/till-2024.csv"), text("feeds/till-2025.csv")];
    for line in tills.iter().flat_map(|till| till.lines().skip(1)) {
        let cells: Vec<&str> = line.split(';').collect();
        let reference = match (cells[3], cells[4]) {
            ("-", "") => continue,
            ("-", token) => format!("token:{token}"),
            (card, _) => format!("loyalty:{card}"),
        };
        assert!(person_of.contains_key(&reference), "{reference}");
    }
    for line in text("feeds/surveys.csv").lines().skip(1) {
        let email = line.split('|').next().expect("a cell");
        assert!(person_of.contains_key(&format!("email:{email}")));
    }
}

#[test]
fn addresses_are_nobodys_and_telephones_lie_in_one_block() {
    let folder = tempfile::tempdir().expect("a folder");
    made(folder.path(), SEED);
    let mut addresses = 0;
    for name in ["customers.csv", "web-accounts.jsonl", "web-orders.csv", "surveys.csv"] {
        let text = fs_err::read_to_string(folder.path().join("feeds").join(name)).expect("reads");
        let words = text.split([',', '"', '|', '\n', ';']);
        for address in words.filter(|word| word.contains('@')) {
            if let Some(handle) = address.split_once(":@") {
                assert!(["instagram", "x", "tiktok"].contains(&handle.0));
                continue;
            }
            let (mailbox, domain) = address.split_once('@').expect("an at sign");
            assert!(!mailbox.is_empty() && mailbox.is_ascii() && !domain.contains('@'));
            let mailbox_letters = mailbox.chars().filter(|c| *c != '.').count();
            let domain = domain.to_lowercase();
            let is_reserved = ["example.org", "example.com", "example.net"]
                .iter()
                .any(|reserved| domain == *reserved || domain.ends_with(&format!(".{reserved}")));
            let is_gmail = ["gmail.com", "googlemail.com"].contains(&&*domain);
            assert!(is_reserved || is_gmail && mailbox_letters > 30, "{domain}");
            addresses += 1;
        }
    }
    assert!(addresses > 1_500);
    let customers = fs_err::read_to_string(folder.path().join("feeds/customers.csv"));
    let mut phones = 0;
    for line in customers.expect("reads").lines().skip(1) {
        let phone = line.split(',').nth(6).expect("a cell");
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        if !digits.is_empty() && digits != "000000000" {
            let national = digits.strip_prefix("00").unwrap_or(&digits);
            let national = national.strip_prefix("34").unwrap_or(national);
            assert_eq!((national.len(), &national[..4]), (9, "6000"));
            phones += 1;
        }
    }
    assert!(phones > 900);
}

#[test]
fn the_offers_of_the_project_file_and_of_the_campaigns_are_one_list() {
    let folder = tempfile::tempdir().expect("a folder");
    made(folder.path(), SEED);
    let own: Vec<String> = project(folder.path()).offers.into_iter().map(|it| it.id).collect();
    assert_eq!(own, super::offer::PROJECT_OFFERS);
    let mut known: BTreeSet<String> = own.into_iter().collect();
    let text = |name: &str| fs_err::read_to_string(folder.path().join(name)).expect("reads");
    let offers = text("feeds/offers.csv");
    known.extend(
        offers.lines().skip(1).filter_map(|line| line.split(',').next()).map(str::to_owned),
    );
    assert_eq!(known.len(), 9);
    for line in text("feeds/campaign_contacts.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells[2].is_empty(), cells[5] == "C");
        assert!(cells[2].is_empty() || known.contains(cells[2]));
    }
}

#[test]
fn the_smallest_business_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let request = Request { folder: folder.path().into(), parties: 20, transactions: 80, seed: 1 };
    let made = simulate(&request).expect("makes");
    assert!(made.files.iter().all(|file| folder.path().join(&file.path).is_file()));
    let told = told(folder.path());
    assert_eq!(told[&("till".to_owned(), "rejected".to_owned())].0, 0);
    let shown = made.to_string();
    assert_eq!(shown.lines().count(), made.files.len() + 2);
    assert!(shown.ends_with("idip.yaml\n") && shown.contains("feeds/till-2024.csv"));
}
