//! Links a table of persons and says how near the result comes to the truth.
//!
//! `cargo run --profile quick --example link_persons -- persons.tsv [--rules "a, b; c"] [--two-classes]
//! [--least BITS] [--out clusters.tsv]`. The table is divided by tabs; its columns are named
//! `unique_id`, `cluster` (the truth, looked at only after the linkage) and by what they hold.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a program, not the library")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::time::Instant;

use arrow_array::StringArray;
use arrow_array::builder::StringBuilder;
use idip_numerics::linkage::{
    Bounds, Field, FieldKind, LinkageParams, Records, Scorer, SharedLimit, evaluate, explain, link,
    quarantine, reach,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let is_set = |name: &str| arguments.iter().any(|argument| argument == name);
    let path = arguments.first().ok_or("expected the path of a table")?;
    let start = Instant::now();
    let (names, columns) = read(path)?;
    let column = |name: &str| {
        let place = names.iter().position(|n| n == name);
        place.and_then(|place| columns.get(place)).ok_or(format!("no column `{name}`"))
    };
    let fields: Vec<(Field, &StringArray)> = names
        .iter()
        .zip(&columns)
        .filter_map(|(name, values)| Some((Field::new(name, kind(name)?), values)))
        .collect();
    let mut records = Records::new(column("unique_id")?, &fields)?;
    let read_seconds = start.elapsed().as_secs_f64();
    let limits: Vec<SharedLimit> = fields
        .iter()
        .filter_map(|(field, _)| {
            let most_people = match field.kind {
                FieldKind::Email | FieldKind::Phone => 8,
                FieldKind::Identifier => 4,
                _ => return None,
            };
            Some(SharedLimit { field: field.name.clone(), most_people })
        })
        .collect();
    let shared = quarantine(&mut records, &limits);

    let mut params = LinkageParams::default();
    if let Some(rules) = option("--rules") {
        params.has_default_rules = false;
        params.rules = rules.split(';').map(str::parse).collect::<Result<_, _>>()?;
    }
    if let Some(least) = option("--least") {
        params.least_weight = least.parse()?;
    }
    params.training.has_household = !is_set("--two-classes");
    let run = link(&records, &params, None, &Bounds::default())?;
    let linkage = &run.linkage;
    println!(
        "{path}: {} records, {} values in quarantine, read {read_seconds:.2} s, all {:.2} s",
        records.len(),
        shared.len(),
        start.elapsed().as_secs_f64()
    );
    let truth = numbered(column("cluster")?);
    let truth: Vec<u32> =
        records.rows().iter().filter_map(|&row| truth.get(row as usize).copied()).collect();
    let n_true_pairs = {
        let mut sizes: BTreeMap<u32, u64> = BTreeMap::new();
        for &label in &truth {
            *sizes.entry(label).or_default() += 1;
        }
        sizes.values().map(|n| n * (n - 1) / 2).sum::<u64>()
    };
    let same = |a: u32, b: u32| truth.get(a as usize) == truth.get(b as usize);
    let true_edges =
        linkage.edges.iter().filter(|e| e.weight >= 0.0 && same(e.a, e.b)).count() as u64;
    let edges = linkage.edges.iter().filter(|e| e.weight >= 0.0).count() as u64;
    let n_pairs: u64 = linkage.n_pairs.iter().sum();
    let all_kept = linkage.edges.iter().filter(|e| same(e.a, e.b)).count() as u64;
    println!(
        "pairs {n_pairs}, links {edges}: precision {:.4} recall {:.4} (kept true {:.4})",
        true_edges as f64 / edges as f64,
        true_edges as f64 / n_true_pairs as f64,
        all_kept as f64 / n_true_pairs as f64
    );
    let found = evaluate(&linkage.person_of, &truth)?;
    println!(
        "F1 {:.4} (P {:.4} R {:.4})  B3 {:.4}  clusters {:.4}  largest {} over-merged {} split {} of {}",
        found.pairs.f1(),
        found.pairs.precision,
        found.pairs.recall,
        found.b_cubed.f1(),
        found.clusters.f1(),
        found.n_largest,
        found.n_over_merged,
        found.n_split,
        found.n_true
    );
    println!("expected {:?}, refused {}", linkage.quality, linkage.n_refused);
    if is_set("--model") {
        println!("priors {:.2} {:?}", run.model.person_prior, run.model.household_prior);
        for session in &run.model.sessions {
            println!("{session:?}");
        }
        for comparison in &run.model.comparisons {
            println!("{} {:?}", comparison.name, comparison.n_pairs);
            for level in &comparison.levels {
                println!(
                    "    {:50} m {:.4} h {:.4} u {:.6}",
                    level.label, level.same_person, level.same_household, level.strangers
                );
            }
        }
        for (rule, (n, links)) in
            reach(&run.blocks).iter().zip(linkage.n_pairs.iter().zip(&linkage.n_links))
        {
            println!(
                "[{}] pairs {} kept {} marginal {} own {n} links {links} largest {}",
                rule.rule, rule.n_pairs, rule.n_pairs_kept, rule.n_pairs_marginal, rule.n_largest
            );
        }
    }
    if let Some(pair) = option("--explain") {
        let ids = column("unique_id")?;
        let place = |id: &str| {
            records.rows().iter().position(|&row| ids.value(row as usize) == id).map(|r| r as u32)
        };
        let pair = pair.split_once(',').ok_or("expected two ids divided by a comma")?;
        let (a, b) = (place(pair.0).ok_or("no such id")?, place(pair.1).ok_or("no such id")?);
        let scorer = Scorer::new(&run.model, &records, &run.comparisons);
        let pattern = run.comparisons.pattern(&records, a, b);
        for part in explain(&scorer, a, b) {
            println!("{:8.2}  {:?}", part.bits, part.source);
        }
        println!("{:8.2}  weight", scorer.evidence(a, pattern).weight());
    }
    if let Some(out) = option("--out") {
        let ids = column("unique_id")?;
        let mut text = String::from("unique_id\tcluster_id\n");
        for (row, person) in records.rows().iter().zip(&linkage.person_of) {
            writeln!(text, "{}\t{person}", ids.value(*row as usize))?;
        }
        std::fs::write(out, text)?;
    }
    Ok(())
}

fn kind(name: &str) -> Option<FieldKind> {
    Some(match name {
        "unique_id" | "cluster" => return None,
        "first_name" => FieldKind::FirstName,
        "last_name" => FieldKind::LastName,
        "birth_date" => FieldKind::BirthDate,
        "email" => FieldKind::Email,
        "phone" => FieldKind::Phone,
        "postcode" => FieldKind::PostalCode,
        "street" => FieldKind::Street,
        "city" => FieldKind::City,
        "occupation" | "gender" => FieldKind::Category,
        _ => FieldKind::Identifier,
    })
}

fn read(path: &str) -> Result<(Vec<String>, Vec<StringArray>), Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines();
    let names: Vec<String> =
        lines.next().unwrap_or_default().split('\t').map(str::to_owned).collect();
    let mut builders: Vec<StringBuilder> = names.iter().map(|_| StringBuilder::new()).collect();
    for line in lines {
        for (builder, value) in builders.iter_mut().zip(line.split('\t')) {
            builder.append_option((!value.is_empty()).then_some(value));
        }
    }
    Ok((names, builders.iter_mut().map(StringBuilder::finish).collect()))
}

fn numbered(values: &StringArray) -> Vec<u32> {
    let mut known: BTreeMap<&str, u32> = BTreeMap::new();
    values
        .iter()
        .map(|value| {
            let next = known.len() as u32;
            *known.entry(value.unwrap_or_default()).or_insert(next)
        })
        .collect()
}
