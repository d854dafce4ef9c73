//! What goes wrong in practice: one small shop, one thing wrong with it, and what the program says.
//!
//! Each case compares exit code and message with `tests/golden/failures/<case>.txt`; with
//! `UPDATE_GOLDEN` set the files are written anew. Whatever the case, no personal value is printed
//! and what was published before stays in force.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Personal data of the shop, none of which may ever be printed.
const PERSONAL: [&str; 6] =
    ["canary.person", "example.org", "Canaria", "Featherstone", "6001112", "cliente-"];

const PROJECT: &str = r#"project: Corner shop
currency: EUR
time_zone: Europe/Madrid
seed: 7
feeds:
  till:
    table: transaction
    files: till.csv
    columns:
      party_ref: customer
      basket_id: receipt
      business_date: day
      amount: paid
      category: aisle
      channel: {value: store}
  consents:
    table: consent
    files: consents.csv
    columns:
      party_ref: customer
      channel: channel
      status: status
      valid_from: day
  people:
    table: party
    files: people.csv
    columns:
      party_ref: customer
      email: email
      phone: phone
      first_name: first
      last_name: last
offers:
  - id: back
    name: 10 % off
    lever: discount
    eligibility: days_since_last >= 30
    cost: "2.00"
    margin: "6.00"
    base_response: 0.05
    stock: 50
personalize:
  budget: "50.00"
"#;

/// A shop in a folder of its own.
struct Shop {
    folder: tempfile::TempDir,
}

impl Shop {
    fn open() -> Self {
        let shop = Self { folder: tempfile::tempdir().expect("a folder") };
        shop.write("idip.yaml", PROJECT);
        shop.sell(30, |customer, visit| {
            (customer * 5 + visit * 3, 100 + customer * 37 + visit * 211)
        });
        shop
    }

    /// Eight visits of each customer: day of the month from 0 and cents of each, told by `visit`.
    fn sell(&self, customers: usize, visit: impl Fn(usize, usize) -> (usize, usize)) {
        let mut till = String::from("customer,receipt,day,paid,aisle\n");
        let mut consents = String::from("customer,channel,status,day\n");
        let mut people = String::from("customer,email,phone,first,last\n");
        for customer in 1..=customers {
            for month in 1..=8 {
                let (day, cents) = visit(customer, month);
                let (day, aisle) =
                    (day % 28 + 1, ["bread", "cheese", "wine"][(customer + month) % 3]);
                let paid = format!("{}.{:02}", cents / 100, cents % 100);
                let line =
                    format!("cliente-{customer},{customer}-{month},2025-{month:02}-{day:02}");
                writeln!(till, "{line},{paid},{aisle}").expect("writes");
            }
            writeln!(consents, "cliente-{customer},email,granted,2024-12-01").expect("writes");
            let reach = format!("canary.person{customer}@example.org,+346001112{customer:02}");
            writeln!(people, "cliente-{customer},{reach},Canaria,Featherstone").expect("writes");
        }
        self.write("till.csv", till);
        self.write("consents.csv", consents);
        self.write("people.csv", people);
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(file), bytes).expect("writes");
    }

    fn remove(&self, file: &str) {
        fs::remove_file(self.path(file)).expect("is there");
    }

    fn bytes(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).expect("reads")
    }

    fn text(&self, file: &str) -> String {
        String::from_utf8(self.bytes(file)).expect("is text")
    }

    /// Puts `to` in place of the first `from`, which must be there.
    fn change(&self, file: &str, from: &str, to: &str) {
        let text = self.text(file);
        assert!(text.contains(from), "`{from}` is in {file}");
        self.write(file, text.replacen(from, to, 1));
    }

    fn project(&self, from: &str, to: &str) {
        self.change("idip.yaml", from, to);
    }

    /// Puts `paid` in place of what was paid at the first `n` visits.
    fn pay(&self, n: usize, paid: &str) {
        let text = self.text("till.csv");
        let lines = text.lines().enumerate().map(|(at, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if (1..=n).contains(&at) {
                cells[3] = paid;
            }
            cells.join(",") + "\n"
        });
        self.write("till.csv", lines.collect::<String>());
    }

    /// Asks for companions of the till's file, and writes one.
    fn control(&self, text: &str) {
        self.project("files: till.csv\n", "files: till.csv\n    control: {suffix: .control}\n");
        self.write("till.csv.control", text);
    }

    /// Asks for a number of value segments.
    fn cluster(&self, n: usize) {
        let setting = format!("differentiate: {{value: {{n_clusters: {n}}}}}\noffers:");
        self.project("offers:", &setting);
    }

    /// Adds a feed of offers.
    fn offers(&self, text: &str) {
        let feed = "feeds:
  gifts:
    table: offer
    files: gifts.csv
    columns:
      offer_id: id
      name: name
      lever: {value: gift}
      cost: cost
      margin: margin
      base_response: {value: '0.1'}
      stock: stock
";
        self.project("feeds:\n", feed);
        self.write("gifts.csv", text);
    }

    fn idip(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_idip"))
            .current_dir(self.folder.path())
            .args(arguments)
            .args(["--threads", "1"])
            .output()
            .expect("the program starts")
    }

    /// Publishes the night.
    fn publish(&self) {
        let output = self.idip(&["run"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The name of the night in force and its manifest.
    fn published(&self) -> Option<(String, Vec<u8>)> {
        let night = fs::read_to_string(self.path(".idip/CURRENT")).ok()?;
        let manifest = format!(".idip/nights/{}/manifest.json", night.trim());
        Some((night, self.bytes(&manifest)))
    }

    /// A text without what differs from run to run or version to version: the folder, the ends of
    /// the names of nights, and the seconds a run took.
    fn lasting(&self, text: &str) -> String {
        let folder = self.folder.path().canonicalize().expect("is there");
        let mut text = text.replace(&*folder.to_string_lossy(), "<dir>");
        text = text.replace(&*self.folder.path().to_string_lossy(), "<dir>");
        for night in fs::read_dir(self.path(".idip/nights")).into_iter().flatten() {
            let name = night.expect("a night").file_name().to_string_lossy().into_owned();
            let (day, _) = name.rsplit_once('-').expect("a day and a hash");
            text = text.replace(&name, &format!("{day}-<hash>"));
        }
        let without_seconds =
            |line: &str| match line.strip_suffix(" s").map(|line| line.rsplit_once(' ')) {
                Some(Some((line, number))) if number.parse::<f64>().is_ok() => {
                    format!("{line} <n> s\n")
                }
                _ => format!("{line}\n"),
            };
        text.lines().map(without_seconds).collect()
    }
}

/// Opens a shop, does `harm` to it, runs the program and looks at what it says.
fn expect<T>(case: &str, arguments: &[&str], harm: impl FnOnce(&Shop) -> T) {
    let shop = Shop::open();
    let held = harm(&shop);
    let before = shop.published();
    let output = shop.idip(arguments);
    drop(held);

    let code = output.status.code().expect("an exit code");
    let results = fs::read_to_string(shop.path(".idip/run_results.json")).unwrap_or_default();
    let said = String::from_utf8(output.stderr).expect("text on stderr");
    let answer = String::from_utf8(output.stdout).expect("text on stdout");
    for text in [&said, &answer, &results] {
        assert!(!text.contains("panic"), "{text}");
        for value in PERSONAL {
            assert!(!text.contains(value), "{case} prints `{value}`: {text}");
        }
    }
    if code == 0 {
        assert!(shop.published().is_some(), "{case} publishes");
    } else {
        assert_eq!(answer, "", "{case} fails and answers");
        assert_eq!(shop.published(), before, "{case} leaves what was published");
    }
    compare(case, &format!("exit {code}\n{}", shop.lasting(&(said + &answer))));
}

fn compare(case: &str, found: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/failures");
    let path = golden.join(format!("{case}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(&golden).expect("a folder");
        fs::write(&path, found).expect("writes");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{case}: `UPDATE_GOLDEN=1` takes what was found as right");
}

/// One test a case: its name, the arguments, and what is wrong.
macro_rules! cases {
    ($($case:ident: $arguments:expr, $harm:expr;)*) => {
        $(
            #[test]
            fn $case() {
                expect(stringify!($case), &$arguments, $harm);
            }
        )*
    };
}

// The project file.
cases! {
    project_missing: ["run"], |shop| shop.remove("idip.yaml");
    project_no_yaml: ["run"], |shop| shop.project("seed: 7", "seed: [7");
    key_unknown: ["run"], |shop| shop.project("time_zone", "timezone");
    key_unknown_in_feed: ["run"], |shop| shop.project("table: consent", "tables: consent");
    key_twice: ["run"], |shop| shop.project("seed: 7", "seed: 7\nseed: 8");
    key_of_wrong_type: ["run"], |shop| shop.project("seed: 7", "seed: seven");
    key_missing: ["run"], |shop| shop.project("currency: EUR\n", "");
    table_unknown: ["run"], |shop| shop.project("table: consent", "table: consents");
    target_unknown: ["run"], |shop| shop.project("amount: paid", "ammount: paid");
    target_missing: ["run"], |shop| shop.project("      amount: paid\n", "");
    cluster_count_zero: ["run"], |shop| shop.cluster(0);
    time_zone_unknown: ["run"], |shop| shop.project("Europe/Madrid", "Europe/Madird");
    currency_unknown: ["run"], |shop| shop.project("EUR", "euros");
    delimiter_too_long: ["run"], |shop| {
        shop.project("files: till.csv", "files: till.csv\n    delimiter: ';;'");
    };
    offer_twice: ["run"], |shop| {
        let text = shop.text("idip.yaml");
        let (_, offers) = text.split_once("offers:\n").expect("offers");
        let (offer, _) = offers.split_once("personalize").expect("a budget");
        shop.project("personalize", &format!("{offer}personalize"));
    };
    stock_negative: ["run"], |shop| shop.project("stock: 50", "stock: -50");
    export_name_invalid: ["run"], |shop| {
        shop.project("offers:\n", "exports: [{name: ../crm, table: segments}]\noffers:\n");
    };
    sql_column_unknown: ["check"], |shop| {
        shop.project("amount: paid", "amount: {sql: paid - discount}");
    };
    sql_no_sql: ["check"], |shop| shop.project("amount: paid", "amount: {sql: paid +}");
    sql_function_unknown: ["check"], |shop| {
        shop.project("amount: paid", "amount: {sql: worth(paid)}");
    };
    sql_of_another_answer_each_time: ["check"], |shop| {
        shop.project("amount: paid", "amount: {sql: round(CAST(paid AS DOUBLE) * random())}");
    };
    sql_of_the_clock: ["run"], |shop| shop.project("business_date: day", "business_date: {sql: current_date()}");
    eligibility_of_the_clock: ["check"], |shop| {
        shop.project("days_since_last >= 30", "last_purchase_on < now()");
    };
    sql_column_of_another_type: ["run"], |shop| {
        shop.project("amount: paid", "amount: {sql: '[paid]'}");
    };
    sql_cast_of_a_name: ["run"], |shop| {
        shop.project("first_name: first", "first_name: {sql: 'CAST(CAST(first AS INT) AS TEXT)'}");
    };
    eligibility_column_unknown: ["run"], |shop| shop.project("days_since_last", "days_since_lats");
    eligibility_no_sql: ["run"], |shop| shop.project("days_since_last >= 30", "days_since_last >=");
    eligibility_no_condition: ["run"], |shop| {
        shop.project("days_since_last >= 30", "days_since_last + 30");
    };
}

// The feeds.
cases! {
    header_of_another_feed: ["run"], |shop| shop.write("till.csv", shop.text("people.csv"));
    column_renamed: ["run"], |shop| shop.change("till.csv", "paid", "total");
    column_twice: ["run"], |shop| shop.change("till.csv", "aisle", "paid");
    columns_in_another_order: ["run"], |shop| {
        let swap = |line: &str| {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells.reverse();
            cells.join(",") + "\n"
        };
        shop.write("till.csv", shop.text("till.csv").lines().map(swap).collect::<String>());
    };
    file_missing: ["run"], |shop| shop.remove("till.csv");
    file_empty: ["run"], |shop| shop.write("till.csv", "");
    file_of_header_only: ["run"], |shop| {
        shop.write("till.csv", "customer,receipt,day,paid,aisle\n");
    };
    file_cut: ["run"], |shop| {
        let bytes = shop.bytes("till.csv");
        shop.write("till.csv", &bytes[..bytes.len() - 12]);
    };
    numbers_bad: ["run"], |shop| shop.pay(20, "twelve");
    numbers_infinite: ["run"], |shop| shop.pay(20, "inf");
    numbers_too_large: ["run"], |shop| shop.pay(20, "1e999");
    numbers_not_numbers: ["run"], |shop| shop.pay(20, "NaN");
    number_beyond_money: ["run"], |shop| shop.pay(20, "99999999999999999999.99");
    numbers_huge: ["run"], |shop| shop.pay(240, "999999999999.99");
    row_too_long: ["run"], |shop| {
        shop.write("till.csv", shop.text("till.csv").replace("bread", "bread,rye"));
    };
    status_unknown: ["run"], |shop| {
        shop.write("consents.csv", shop.text("consents.csv").replace("granted", "yes"));
    };
    offer_twice_in_feed: ["run"], |shop| {
        shop.offers("id,name,cost,margin,stock\na,Tea,1.00,3.00,5\na,Coffee,1.00,4.00,5\n");
    };
    stock_negative_in_feed: ["run"], |shop| {
        shop.offers("id,name,cost,margin,stock\na,Tea,1.00,3.00,-5\n");
    };
    days_bad: ["run"], |shop| {
        shop.write("till.csv", shop.text("till.csv").replace("2025-02-", "2025-02-3"));
    };
    bytes_no_utf_8: ["run"], |shop| {
        let people = shop.text("people.csv").replace("Canaria", "Canari\u{e1}");
        let latin_1: Vec<u8> =
            people.chars().map(|c| u8::try_from(c).expect("latin-1")).collect();
        shop.write("people.csv", latin_1);
    };
    byte_nul: ["run"], |shop| {
        shop.write("people.csv", shop.text("people.csv").replace("Canaria", "Can\0aria"));
    };
    quote_left_open: ["run"], |shop| shop.change("people.csv", "Canaria", "\"Canaria");
    parquet_of_text: ["run"], |shop| {
        shop.write("till.parquet", shop.text("till.csv"));
        shop.project("till.csv", "till.parquet");
    };
    control_no_control: ["run"], |shop| shop.control("240 rows");
    control_missing: ["run"], |shop| {
        shop.control("rows=240");
        shop.remove("till.csv.control");
    };
    control_of_other_rows: ["run"], |shop| shop.control("rows=241");
    control_of_other_total: ["run"], |shop| shop.control("total.paid=1.00");
    control_of_other_bytes: ["run"], |shop| shop.control(&format!("sha256={}", "0".repeat(64)));
}

// Shops that are odd and right.
cases! {
    customer_alone: ["run"], |shop| shop.sell(1, |_, visit| (visit, 1_000));
    customers_all_equal: ["run"], |shop| shop.sell(30, |_, _| (3, 1_000));
    clusters_beyond_customers: ["run"], |shop| {
        shop.sell(3, |customer, visit| (customer + visit, customer * 700));
        shop.cluster(8);
    };
    rows_bad_within_what_is_allowed: ["run"], |shop| shop.pay(2, "twelve");
    nothing_but_returns: ["run"], |shop| shop.pay(240, "-5.00");
    nothing_but_zeros: ["run"], |shop| shop.pay(240, "0.00");
    births_in_another_format: ["run"], |shop| {
        let people: String = (0..30).map(|n| format!("C{n},19{:02}0317\n", 50 + n)).collect();
        shop.write("people.csv", format!("customer,born\n{people}"));
        let (before, _) = PROJECT.split_once("      email: email").expect("is there");
        shop.write("idip.yaml", format!("{before}      birth_date: born\n"));
    };
    nobody_consents: ["run"], |shop| {
        shop.write("consents.csv", shop.text("consents.csv").replace("granted", "withdrawn"));
    };
}

// The command and the store.
cases! {
    day_bad: ["run", "--date", "2025-13-01"], |_| ();
    day_before_every_sale: ["run", "--date", "2024-01-01"], |_| ();
    days_the_wrong_way_round: ["backfill", "--from", "2025-08-28", "--to", "2025-08-01"], |_| ();
    memory_bad: ["run", "--memory", "plenty"], |_| ();
    nothing_to_retry: ["retry"], |_| ();
    stage_unknown: ["run", "--select", "identfy"], |_| ();
    flag_unknown: ["run", "--replcae"], |_| ();
    nothing_published: ["show", "runs"], |_| ();
    store_below_a_file: ["run", "--store", "till.csv/store"], |_| ();
    store_locked: ["run"], |shop| {
        fs::create_dir(shop.path(".idip")).expect("a folder");
        let lock = fs::File::create(shop.path(".idip/LOCK")).expect("a file");
        lock.try_lock().expect("nobody holds it");
        lock
    };
    inputs_changed: ["run"], |shop| {
        shop.publish();
        shop.pay(1, "77.00");
    };
    day_before_the_published: ["run", "--date", "2025-06-01"], Shop::publish;
    feed_broken_after_a_night: ["run", "--replace"], |shop| {
        shop.publish();
        shop.change("till.csv", "paid", "total");
    };
    customer_unknown: ["show", "customer", "987654"], Shop::publish;
    table_path_unknown: ["tables", "--path", "gold_customer"], Shop::publish;
    export_unknown: ["export", "--target", "crm"], Shop::publish;
}
