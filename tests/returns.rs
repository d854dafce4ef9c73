//! References that no feed names for some nights, and come back.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{rows, succeed};

const PROJECT: &str = "project: Corner shop
currency: EUR
time_zone: UTC
feeds:
  till:
    table: transaction
    files: till.csv
    columns: {party_ref: who, basket_id: receipt, business_date: day, amount: paid}
  crm:
    table: party
    files: crm.csv
    columns: {party_ref: ref, first_name: first, last_name: last, email: email}
";

/// Runs a night, and returns the id of each reference.
fn identify(folder: &Path, day: &str, records: &[&str]) -> BTreeMap<String, String> {
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).expect("writes");
    write("idip.yaml", PROJECT.to_owned());
    write("till.csv", format!("who,receipt,day,paid\nz,1,{day},5.00\n"));
    write(
        "crm.csv",
        format!("ref,first,last,email\nz,Otto,Zufall,z@x.de\n{}\n", records.join("\n")),
    );
    succeed(&folder.join("idip.yaml"), &folder.join("store"), &["identify", "--date", day]);
    let map = rows(&folder.join("store"), "identify", "identity_map").into_iter();
    map.map(|row| (row["party_ref"].clone(), row["customer_id"].clone())).collect()
}

fn lineage(folder: &Path) -> Vec<(String, String)> {
    let rows = rows(&folder.join("store"), "identify", "customer_lineage").into_iter();
    rows.map(|row| (row["old_customer_id"].clone(), row["event"].clone())).collect()
}

const A: &str = "a,Anna,Klein,fam@klein.de";
const B: &str = "b,Anna,Klein,fam@klein.de";
const C: &str = "c,A.,Klein,fam@klein.de";

/// The id was made from a reference that is gone; those that are left come back with it all the same.
#[test]
fn a_customer_that_comes_back_has_its_id_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = identify(folder.path(), "2025-03-01", &[A, B, C]);
    assert_eq!((&first["a"], &first["a"]), (&first["b"], &first["c"]));
    identify(folder.path(), "2025-03-02", &[B, C]);
    identify(folder.path(), "2025-03-03", &[]);
    assert_eq!(lineage(folder.path()), [(first["b"].clone(), "gone".to_owned())]);
    let departed = rows(&folder.path().join("store"), "identify", "departed_reference");
    let days: Vec<_> =
        departed.iter().map(|row| (&*row["party_ref"], &*row["departed_on"])).collect();
    assert_eq!(days, [("a", "2025-03-02"), ("b", "2025-03-03"), ("c", "2025-03-03")]);
    let again = identify(folder.path(), "2025-03-04", &[B, C]);
    assert_eq!((&again["b"], &again["c"]), (&first["b"], &first["b"]));
    assert_eq!(lineage(folder.path()), []);
    let known = rows(&folder.path().join("store"), "identify", "customer_id_map");
    let state = known.iter().find(|row| row["customer_id"] == first["b"]).expect("is known");
    assert_eq!(state["state"], "in_force");
}

/// One who comes back and is somebody else now is not given the id of whom the reference was once.
#[test]
fn an_id_that_ended_is_nobody_elses() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = identify(folder.path(), "2025-03-01", &[A, B, C]);
    let other = "a,Berta,Gross,b@gross.de";
    let parted = identify(folder.path(), "2025-03-02", &[other, B, C]);
    assert_ne!(parted["a"], first["a"]);
    identify(folder.path(), "2025-03-03", &[other]);
    identify(folder.path(), "2025-03-04", &[]);
    let back = identify(folder.path(), "2025-03-05", &[other]);
    assert_eq!(back["a"], parted["a"]);
    let all = identify(folder.path(), "2025-03-06", &[other, B, C]);
    assert_eq!((&all["a"], &all["b"]), (&parted["a"], &first["b"]));
    // A new reference that is joined to a customer who had gone: the two ids are told apart no more.
    identify(folder.path(), "2025-03-07", &[]);
    let joined = identify(folder.path(), "2025-03-08", &["d,Anna,Klein,fam@klein.de"]);
    assert!(!first.values().chain(parted.values()).any(|id| *id == joined["d"]));
    let met = identify(folder.path(), "2025-03-09", &[B, C, "d,Anna,Klein,fam@klein.de"]);
    assert_eq!((&met["b"], &met["c"]), (&met["d"], &met["d"]));
    assert_eq!(met["d"], first["b"], "the older id, with more references");
    assert_eq!(lineage(folder.path()), [(joined["d"].clone(), "merge".to_owned())]);
}

/// Who stayed keeps the id, whoever comes back under a reference that was once the same customer's.
#[test]
fn a_reference_that_comes_back_takes_no_id_from_who_stayed() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = identify(folder.path(), "2025-03-01", &[A, B, C]);
    identify(folder.path(), "2025-03-02", &[B]);
    let others = ["a,Berta,Gross,b@gross.de", "c,Berta,Gross,b@gross.de"];
    let later = identify(folder.path(), "2025-03-03", &[others[0], B, others[1]]);
    assert_eq!(later["b"], first["b"]);
    assert_eq!(later["a"], later["c"]);
    assert_ne!(later["a"], first["a"]);
}

/// An address that changed hands does not bring the id of its last holder along.
#[test]
fn an_identifier_alone_brings_nobodys_id_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let bought = |who: &str| {
        let text = std::fs::read_to_string(folder.path().join("till.csv")).expect("reads");
        std::fs::write(folder.path().join("till.csv"), text + who).expect("writes");
    };
    let night = |day: &str, records: &[&str], sale: &str| {
        identify(folder.path(), day, records);
        bought(sale);
        let store = folder.path().join("store");
        succeed(
            &folder.path().join("idip.yaml"),
            &store,
            &["identify", "--date", day, "--replace"],
        );
        let map = rows(&store, "identify", "identity_map").into_iter();
        map.map(|row| (row["party_ref"].clone(), row["customer_id"].clone()))
            .collect::<BTreeMap<_, _>>()
    };
    let sale = "email:fam@klein.de,2,2025-03-01,5.00\n";
    let first = night("2025-03-01", &[A], sale);
    assert_eq!(first["a"], first["email:fam@klein.de"]);
    identify(folder.path(), "2025-03-02", &[]);
    let other = night("2025-03-03", &["k,Berta,Gross,fam@klein.de"], sale);
    assert_eq!(other["k"], other["email:fam@klein.de"]);
    assert_ne!(other["k"], first["a"]);
    identify(folder.path(), "2025-03-04", &[]);
    let back = identify(folder.path(), "2025-03-05", &[A]);
    assert_eq!(back["a"], first["a"]);
}
