//! Feeds to come: what they say of erased people is left out, and what these forbade holds.

use std::collections::BTreeSet;

use crate::forget::{World, assert_every_row_went_somewhere, holding};
use crate::support::{rows, succeed};

/// Adds a feed to a night of the world.
fn add_feed(world: &World, night: usize, name: &str, settings: &str, text: &str) {
    let project = world.project(night);
    let yaml = std::fs::read_to_string(&project).expect("reads");
    let feed = format!("\nfeeds:\n  {name}:\n    files: feeds/{name}.csv\n{settings}");
    std::fs::write(&project, yaml.replacen("\nfeeds:\n", &feed, 1)).expect("writes");
    let file = project.with_file_name("feeds").join(format!("{name}.csv"));
    std::fs::write(file, text).expect("writes");
}

fn run_again(world: &World, night: usize) {
    succeed(&world.project(night), &world.store(), &["run", "--replace"]);
}

/// Rows of a feed that were left out since they name somebody erased.
fn erased(world: &World, feed: &str) -> i64 {
    let all = rows(&world.store(), "sources", "reconciliation");
    let of_feed = all.iter().filter(|row| row["feed"] == feed && row["outcome"] == "erased");
    of_feed.map(|row| row["rows"].parse::<i64>().expect("a count")).sum()
}

#[test]
fn decisions_and_labels_about_an_erased_person_are_left_out() {
    let world = World::new();
    let somebody = world.somebody();
    let mut others = world.customer_of();
    others.retain(|_, id| *id != somebody.id);
    let (first, id) = others.first_key_value().expect("others");
    let second = others.iter().find(|(_, it)| *it != id).map(|(name, _)| name).expect("two");
    let (mine, mine_too) = (&somebody.refs[0], &somebody.refs[1]);
    let decisions = format!(
        "one,other,decision\n{mine},{first},cannot_link\n{second},{mine_too},cannot_link\n\
         {first},{second},cannot_link\n"
    );
    let labels = format!("key,person\n{mine},A\n{mine_too},A\n{first},B\n{second},C\n");
    for night in [3, 4] {
        let settings = "    table: link_decision\n    columns: {party_ref: one, other_ref: other, \
                        decision: decision}\n";
        add_feed(&world, night, "decisions", settings, &decisions);
        let settings =
            "    table: person_label\n    columns: {party_ref: key, person_ref: person}\n";
        add_feed(&world, night, "labels", settings, &labels);
    }
    run_again(&world, 3);
    let outcomes = || world.table("link_decision_outcome").len();
    let n_labelled = || -> f64 {
        let figures = world.table("identity_evaluation");
        let figure = figures.iter().find(|row| row["metric"] == "labelled_references");
        figure.expect("is told")["value"].parse().expect("a number")
    };
    assert_eq!((outcomes(), n_labelled()), (3, 4.0));

    world.forget(&format!("customer_id\n{}\n", somebody.id), &[]);
    let traces = somebody.traces();
    assert_eq!(holding(&world.store(), &traces), BTreeSet::new());
    assert_eq!(outcomes(), 1, "the decision about the others stays");
    for night in [3, 4] {
        world.run(night);
        assert_eq!(holding(&world.store(), &traces), BTreeSet::new());
        assert_eq!((erased(&world, "decisions"), erased(&world, "labels")), (2, 2));
        assert_every_row_went_somewhere(&world.store());
        assert_eq!((outcomes(), n_labelled()), (1, 2.0));
    }
}

#[test]
fn an_address_stays_closed_after_who_asked_for_it_was_erased() {
    let world = World::new();
    let somebody = world.somebody();
    let settings = "    table: suppression\n    columns: {party_ref: who}\n";
    let text = format!("who\nemail:{}\n", somebody.email);
    (3..=4).for_each(|night| add_feed(&world, night, "closed", settings, &text));
    run_again(&world, 3);
    world.forget(&format!("customer_id\n{}\n", somebody.id), &[]);
    world.run(3);
    assert_eq!(erased(&world, "closed"), 1);
    let traces = somebody.traces();
    assert_eq!(holding(&world.store(), &traces), BTreeSet::new(), "it makes nobody a party again");

    // Somebody else has the address now.
    let web = world.project(4).with_file_name("feeds").join("web.csv");
    let mut feed = std::fs::read_to_string(&web).expect("reads");
    let header = feed.lines().next().expect("a header");
    let cells = header.split(',').map(|name| match name {
        "id" => "W-new",
        "first_name" => "Nadie",
        "last_name" => "Conocido",
        "email" => &somebody.email,
        "registered_on" | "updated_on" => "2026-01-01",
        _ => "",
    });
    let line = cells.collect::<Vec<_>>().join(",");
    feed.push_str(&format!("{line}\n"));
    std::fs::write(&web, feed).expect("writes");
    world.run(4);
    assert_eq!(erased(&world, "closed"), 1);
    let customer_of = world.customer_of();
    assert!(!customer_of.keys().any(|name| name.contains('@')), "the suppression is no party");
    let newcomer = &customer_of["W-new"];
    let permissions = rows(&world.store(), "interact", "channel_permission");
    let email = permissions
        .iter()
        .find(|row| row["customer_id"] == *newcomer && row["channel"] == "email")
        .expect("is told");
    assert_eq!((&*email["permitted"], &*email["reason"]), ("false", "suppressed"));
}

#[test]
fn a_reference_that_no_night_knows_is_left_out_when_it_comes() {
    let world = World::new();
    let known = world.customer_of();
    let web = world.project(4).with_file_name("feeds").join("web.csv");
    let web = std::fs::read_to_string(web).expect("reads");
    let names = web.lines().skip(1).filter_map(|line| line.split(',').next());
    let to_come = names.into_iter().find(|name| !known.contains_key(*name)).expect("somebody new");

    // Of an id that is gone the night in force remembers the references, whatever earlier nights are kept.
    let gone: Vec<String> = world
        .table("customer_id_map")
        .into_iter()
        .filter(|row| row["current_customer_id"].is_empty())
        .map(|row| row["customer_id"].clone())
        .collect();
    let gone = gone.first().expect("somebody left");
    let in_force = crate::support::night(&world.store());
    for night in std::fs::read_dir(world.store().join("nights")).expect("a folder") {
        let night = night.expect("an entry").path();
        if night != in_force {
            std::fs::remove_dir_all(night).expect("removes");
        }
    }
    let departed = world.table("departed_reference");
    let own: Vec<&String> = departed
        .iter()
        .filter(|row| row["customer_id"] == *gone)
        .map(|row| &row["party_ref"])
        .collect();
    assert!(!own.is_empty());

    let request = format!("customer_id,party_ref\n{gone},{to_come}\n,X-unheard-of\n");
    let told = world.forget(&request, &[]);
    let count = |name: &str| told[name].as_i64().expect("a count");
    let n = own.len() as i64;
    assert_eq!((count("people"), count("references"), count("unknown_references")), (1, n + 2, 2));
    let left = world.table("departed_reference");
    assert!(!left.iter().any(|row| own.contains(&&row["party_ref"])));
    let again = world.forget(&request, &[]);
    assert_eq!((&again["erased_before"], &again["unknown_references"]), (&2.into(), &0.into()));
    world.run(4);
    assert!(!world.customer_of().contains_key(to_come));
    assert!(erased(&world, "web") >= 1);
}
