//! Behaviour of the whole step: by hand, and its laws.

use proptest::prelude::*;

use crate::money::Money;
use crate::offer::Offer;
use crate::params::{Params, Reserve};
use crate::testing::{Contact, DAY, Night, contact, offer};

fn with_budget(cents: i64) -> Params {
    Params { budget: Some(Money { cents }), ..Params::default() }
}

/// Worth `response × 8.00`, costs 2.00.
fn likely(id: &str, response: f64) -> Offer {
    Offer { base_response: response, ..offer(id) }
}

#[test]
fn without_limits_everybody_gets_what_is_worth_most() {
    let night = Night::of(
        vec![likely("a", 0.1), likely("b", 0.2)],
        vec![contact(2, 2), Contact { eligible: vec![true, false], ..contact(1, 2) }],
    );
    let offered = night.offer(&Params::default());
    assert_eq!(offered.rows(), [(1, "a", "assigned"), (2, "b", "assigned")]);
    assert_eq!(offered.uses(), [("(total)", 2, 400), ("a", 1, 200), ("b", 1, 200)]);
    assert!((offered.assignment.expected_value.value(0) - 0.80).abs() < 1e-12);
    assert!((offered.assignment.expected_value.value(1) - 1.60).abs() < 1e-12);
    assert_eq!(offered.assignment.n_eligible.values(), &[1, 2]);
}

#[test]
fn no_offers_and_no_contacts_are_nights_too() {
    let offered = Night::of(Vec::new(), vec![contact(1, 0)]).offer(&with_budget(100));
    assert_eq!(offered.rows(), [(1, "-", "no_eligible_offer")]);
    assert_eq!(offered.uses(), [("(total)", 0, 0)]);
    let offered = Night::of(vec![offer("a")], Vec::new()).offer(&Params::default());
    assert_eq!(offered.rows(), []);
    assert_eq!(offered.uses(), [("(total)", 0, 0), ("a", 0, 0)]);
}

#[test]
fn a_budget_of_nothing_gives_only_what_costs_nothing() {
    let free = Offer { cost: 0, base_response: 0.01, ..offer("free") };
    let paid = Night::of(vec![offer("paid")], vec![contact(1, 1)]);
    assert_eq!(paid.offer(&with_budget(0)).rows(), [(1, "-", "budget")]);
    let both = Night::of(vec![free, offer("paid")], vec![contact(1, 2)]);
    assert_eq!(both.offer(&with_budget(0)).rows(), [(1, "free", "assigned")]);
    assert_eq!(both.offer(&with_budget(200)).rows(), [(1, "paid", "assigned")]);
}

#[test]
fn an_offer_that_loses_money_is_never_made() {
    let loss = Offer { margin: 150, ..offer("loss") };
    let even = Offer { margin: 200, ..offer("even") };
    let night = Night::of(vec![even, loss], vec![contact(1, 2)]);
    assert_eq!(night.offer(&Params::default()).rows(), [(1, "-", "negative_value")]);
    let small = Night::of(vec![likely("a", 0.1)], vec![contact(1, 1)]);
    let at_least = |cents| Params { min_expected_value: Money { cents }, ..Params::default() };
    assert_eq!(small.offer(&at_least(80)).rows(), [(1, "a", "assigned")]);
    assert_eq!(small.offer(&at_least(81)).rows(), [(1, "-", "negative_value")]);
}

#[test]
fn the_budget_goes_where_it_earns_most() {
    // Worth 4.00 for 2.00, 1.60 for 2.00, 0.80 for 2.00; the budget is for two.
    let night = Night {
        rates: vec![("a".into(), 1, 0.5), ("a".into(), 2, 0.2), ("a".into(), 3, 0.1)],
        ..Night::of(
            vec![offer("a")],
            vec![
                Contact { segment: 3, ..contact(1, 1) },
                Contact { segment: 1, ..contact(2, 1) },
                Contact { segment: 2, ..contact(3, 1) },
            ],
        )
    };
    let offered = night.offer(&with_budget(599));
    assert_eq!(offered.rows(), [(1, "-", "budget"), (2, "a", "assigned"), (3, "a", "assigned")]);
    assert_eq!(offered.uses(), [("(total)", 2, 400), ("a", 2, 400)]);
    assert_eq!(offered.usage.budget.value(0), 599);
}

#[test]
fn what_is_reserved_is_the_cost_or_the_expected_cost_rounded_up() {
    // 0.1 × 2.00 is exactly 0.20; a third of 2.00 is 0.67.
    let night = Night {
        rates: vec![("a".into(), 1, 0.1), ("a".into(), 2, 1.0 / 3.0)],
        ..Night::of(vec![offer("a")], vec![contact(1, 1), Contact { segment: 2, ..contact(2, 1) }])
    };
    let expected = Params { reserve: Reserve::Expected, ..with_budget(87) };
    assert_eq!(night.offer(&expected).uses(), [("(total)", 2, 87), ("a", 2, 87)]);
    assert_eq!(night.offer(&with_budget(399)).uses(), [("(total)", 1, 200), ("a", 1, 200)]);
}

#[test]
fn stock_runs_out_and_the_next_best_offer_steps_in() {
    let scarce = Offer { stock: Some(1), ..likely("scarce", 0.5) };
    let night =
        Night::of(vec![likely("plenty", 0.1), scarce.clone()], vec![contact(1, 2), contact(2, 2)]);
    let offered = night.offer(&Params::default());
    assert_eq!(offered.uses(), [("(total)", 2, 400), ("plenty", 1, 200), ("scarce", 1, 200)]);

    let alone = Night::of(vec![scarce], vec![contact(1, 1), contact(2, 1)]);
    let mut reasons: Vec<String> =
        alone.offer(&Params::default()).rows().iter().map(|row| row.2.to_owned()).collect();
    reasons.sort();
    assert_eq!(reasons, ["assigned", "stock"]);
}

#[test]
fn among_equals_chance_decides_and_decides_the_same_every_time() {
    let night = Night::of(vec![offer("a")], (0..1_000).map(|id| contact(id, 1)).collect());
    let offered = night.offer(&with_budget(500 * 200));
    let given: Vec<i64> =
        offered.rows().iter().filter(|row| row.1 == "a").map(|row| row.0).collect();
    assert_eq!(given.len(), 500);
    // Neither the oldest nor the newest: 250 of the lower half, standard deviation 11.2.
    let n_low = given.iter().filter(|&&id| id < 500).count();
    assert!((205..=295).contains(&n_low), "{n_low}");
    assert_eq!(night.offer(&with_budget(500 * 200)).rows(), offered.rows());
}

#[test]
fn the_control_arm_gets_what_it_would_have_had_and_spends_nothing() {
    let scarce = Offer { stock: Some(2), ..likely("scarce", 0.5) };
    let contacts: Vec<Contact> = (1..=4)
        .map(|id| Contact { arm: if id > 2 { "control" } else { "contact" }, ..contact(id, 1) })
        .collect();
    let offered = Night::of(vec![scarce], contacts).offer(&with_budget(400));
    assert!(offered.rows().iter().all(|row| row.1 == "scarce"));
    assert_eq!(offered.uses(), [("(total)", 2, 400), ("scarce", 2, 400)]);
    assert_eq!(offered.assignment.reserved_cost.values(), &[200, 200, 0, 0]);
    let arms: Vec<_> = offered.history.arm.iter().flatten().collect();
    assert_eq!(arms, ["treatment", "treatment", "control", "control"]);
}

#[test]
fn an_offer_is_not_made_again_within_the_time_of_no_repeat() {
    let seen = |day, arm| Night {
        past: vec![(1, "a".to_owned(), day, arm)],
        ..Night::of(vec![offer("a")], vec![contact(1, 1)])
    };
    let rows = |night: &Night| night.offer(&Params::default()).rows()[0].2.to_owned();
    assert_eq!(rows(&seen(DAY - 59, "treatment")), "no_eligible_offer");
    assert_eq!(rows(&seen(DAY - 60, "treatment")), "assigned");
    assert_eq!(rows(&seen(DAY + 3, "treatment")), "no_eligible_offer");
    // What was held back was never seen.
    assert_eq!(rows(&seen(DAY - 1, "control")), "assigned");
    let mut control = seen(DAY - 1, "control");
    control.contacts[0].arm = "control";
    assert_eq!(rows(&control), "no_eligible_offer");
    let repeats = Params { repeat_days: 0, ..Params::default() };
    assert_eq!(seen(DAY, "treatment").offer(&repeats).rows()[0].2, "assigned");
}

#[test]
fn an_offer_out_of_its_days_is_not_made() {
    let over = Offer { valid_to: Some(DAY - 1), ..offer("over") };
    let today = Offer { valid_from: Some(DAY), valid_to: Some(DAY), ..likely("today", 0.01) };
    let night = Night::of(vec![over, today], vec![contact(1, 2)]);
    assert_eq!(night.offer(&Params::default()).rows(), [(1, "today", "assigned")]);
}

#[test]
fn a_liked_category_raises_the_response_up_to_twice() {
    let wine = Offer { category: Some("wine".into()), ..offer("wine") };
    let trial = Offer { lever: "trial".into(), ..Offer { id: "z".into(), ..wine.clone() } };
    let likes = |id, share| Contact { shares: vec![share, share], ..contact(id, 2) };
    let night = Night {
        // Wine is a fifth of all sales.
        categories: vec![("bread", 8_000), ("wine", 2_000)],
        ..Night::of(
            vec![wine, trial],
            vec![likes(1, Some(0.3)), likes(2, Some(0.9)), likes(3, Some(0.0)), likes(4, None)],
        )
    };
    let offered = night.offer(&Params::default());
    let matches: Vec<(&str, f64)> = offered
        .rows()
        .iter()
        .zip(offered.assignment.need_match.values())
        .map(|(row, &need_match)| (row.1, (need_match * 1_000.0).round() / 1_000.0))
        .collect();
    // A party that buys none is better tried than offered more of the same.
    assert_eq!(matches, [("wine", 1.5), ("wine", 2.0), ("z", 1.0), ("wine", 1.0)]);
    assert!((offered.assignment.response_probability.value(0) - 0.15).abs() < 1e-12);
}

#[test]
fn a_list_of_another_length_or_a_repeated_customer_is_an_error() {
    let short = Night::of(vec![offer("a"), offer("b")], vec![contact(1, 1)]);
    assert_eq!(
        short.run(&Params::default()).expect_err("is refused").to_string(),
        "`offer_candidate` has 1 row(s) with a list of another length, expected 2 value(s)"
    );
    let twice = Night::of(vec![offer("a")], vec![contact(77, 1), contact(77, 1)]);
    assert_eq!(
        twice.run(&Params::default()).expect_err("is refused").to_string(),
        "`offer_candidate` has 1 row(s) of a customer it already has, expected one row a customer"
    );
}

prop_compose! {
    fn offers()(
        offers in prop::collection::vec(
            (0_i64..500, 0_i64..900, 0.0_f64..0.6, prop::option::of(0_u64..6)),
            0..5,
        ),
    ) -> Vec<Offer> {
        offers
            .into_iter()
            .enumerate()
            .map(|(i, (cost, margin, base_response, stock))| Offer {
                cost, margin, base_response, stock, ..offer(&format!("o{i}"))
            })
            .collect()
    }
}

prop_compose! {
    fn nights()(offers in offers())(
        contacts in prop::collection::btree_map(
            0_i64..60,
            (any::<bool>(), prop::collection::vec(any::<bool>(), offers.len())),
            0..40,
        ),
        offers in Just(offers),
    ) -> Night {
        let n = offers.len();
        let contacts = contacts
            .into_iter()
            .map(|(id, (is_contact, eligible))| Contact {
                arm: if is_contact { "contact" } else { "control" },
                eligible,
                ..contact(id, n)
            })
            .collect();
        Night::of(offers, contacts)
    }
}

proptest! {
    #[test]
    fn neither_budget_nor_stock_is_ever_passed_and_the_sums_reconcile(
        night in nights(),
        budget in prop::option::of(0_i64..4_000),
        expected in any::<bool>(),
    ) {
        let params = Params {
            budget: budget.map(|cents| Money { cents }),
            reserve: if expected { Reserve::Expected } else { Reserve::Full },
            ..Params::default()
        };
        let offered = night.offer(&params);
        prop_assert_eq!(offered.rows().len(), night.contacts.len());

        let spent: i128 = offered.assignment.reserved_cost.values().iter().sum();
        let uses = offered.uses();
        let total = uses.iter().find(|used| used.0 == "(total)").expect("a total");
        prop_assert_eq!(total.2, spent);
        prop_assert_eq!(total.2, uses.iter().map(|used| used.2).sum::<i128>() - spent);
        prop_assert!(budget.is_none_or(|budget| spent <= i128::from(budget)));

        let arms: Vec<&str> = offered.assignment.arm.iter().flatten().collect();
        for (i, offer) in night.offers.iter().enumerate() {
            let given = offered.rows().iter().zip(&arms)
                .filter(|(row, arm)| row.1 == offer.id && **arm == "contact").count() as u64;
            prop_assert!(offer.stock.is_none_or(|stock| given <= stock));
            let used = uses.iter().find(|used| used.0 == offer.id).expect("its row");
            prop_assert_eq!(used.1 as u64, given);
            for (row, who) in offered.rows().iter().zip(&night.contacts) {
                prop_assert!(row.1 != offer.id || who.eligible[i]);
            }
        }
        for (row, &arm) in offered.rows().iter().zip(&arms) {
            prop_assert_eq!(row.1 != "-", row.2 == "assigned");
            // Without a limit nothing is refused for it.
            prop_assert!(budget.is_some() || row.2 != "budget");
            prop_assert!(arm == "contact" || arm == "control");
        }
    }

    #[test]
    fn what_is_left_over_serves_nobody_who_went_without(
        night in nights(),
        budget in 0_i64..4_000,
    ) {
        let offered = night.offer(&with_budget(budget));
        let uses = offered.uses();
        let left = i128::from(budget) - uses[0].2;
        for (row, who) in offered.rows().iter().zip(&night.contacts) {
            if who.arm == "control" || !["budget", "stock"].contains(&row.2) {
                continue;
            }
            for (offer, _) in night.offers.iter().zip(&who.eligible).filter(|(_, e)| **e) {
                let is_worth = offer.margin > offer.cost && offer.base_response > 0.0;
                let used = uses.iter().find(|used| used.0 == offer.id).expect("its row");
                let has_stock = offer.stock.is_none_or(|stock| (used.1 as u64) < stock);
                let fits = i128::from(offer.cost) <= left;
                prop_assert!(!(is_worth && has_stock && fits), "{} could serve {}", offer.id, row.0);
            }
        }
    }

    #[test]
    fn the_order_of_rows_changes_nothing(
        night in nights(),
        budget in prop::option::of(0_i64..4_000),
        turn in 0_usize..40,
    ) {
        let params = Params {
            budget: budget.map(|cents| Money { cents }),
            ..Params::default()
        };
        let mut shuffled = night.clone();
        shuffled.contacts.reverse();
        let turn = turn % shuffled.contacts.len().max(1);
        shuffled.contacts.rotate_left(turn);
        let bytes = |night: &Night| {
            night.run(&params).expect("runs").into_iter_by_name().collect::<Vec<_>>()
        };
        prop_assert_eq!(bytes(&night), bytes(&shuffled));
    }

    #[test]
    fn the_control_arm_changes_nothing_for_the_others(
        night in nights(),
        budget in 0_i64..4_000,
    ) {
        let mut alone = night.clone();
        alone.contacts.retain(|contact| contact.arm == "contact");
        let params = with_budget(budget);
        let of_contacts = |night: &Night| {
            let offered = night.offer(&params);
            let arms: Vec<String> =
                offered.assignment.arm.iter().flatten().map(str::to_owned).collect();
            offered
                .rows()
                .iter()
                .zip(arms)
                .filter(|(_, arm)| arm == "contact")
                .map(|(row, _)| (row.0, row.1.to_owned(), row.2.to_owned()))
                .collect::<Vec<_>>()
        };
        prop_assert_eq!(of_contacts(&night), of_contacts(&alone));
    }
}
