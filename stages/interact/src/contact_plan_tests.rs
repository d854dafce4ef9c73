//! Behaviour of the whole step: by hand, and its laws.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::params::{Address, Cap, Channel, Params, UnknownConsent, Weekday};
use crate::testing::{Candidate, FRIDAY, Night, Planned, Said, candidate};

/// Nobody in the control group, so that plans can be worked out by hand.
fn everybody() -> Params {
    let mut params = Params::default();
    params.control.share = 0.0;
    params
}

#[test]
fn without_any_feed_of_consent_nobody_is_contacted() {
    let planned = Night::of(vec![candidate(2), candidate(1)]).plan(&everybody(), FRIDAY);
    assert_eq!(planned.rows(), [(1, "none", "-", "no_consent"), (2, "none", "-", "no_consent")]);
    assert_eq!(planned.summary.n_customers.values(), &[2]);
}

#[test]
fn no_parties_at_all_make_an_empty_plan() {
    let planned = Night::default().plan(&everybody(), FRIDAY);
    assert_eq!(planned.rows(), []);
    assert_eq!(planned.channel.n_planned.values(), &[0, 0]);
}

#[test]
fn the_unknown_may_be_allowed_but_never_the_refused() {
    let params = Params { unknown_consent: UnknownConsent::Allow, ..everybody() };
    let mut night = Night::of(vec![candidate(1), candidate(2)]);
    night.statements = vec![(2, "all", Said::Withdrawn, 10)];
    assert_eq!(
        night.plan(&params, FRIDAY).rows(),
        [(1, "contact", "email", "first_purchase"), (2, "none", "-", "consent_withdrawn")]
    );
}

#[test]
fn each_gate_names_itself() {
    let mut night = Night::of(vec![
        Candidate { in_audience: false, ..candidate(1) },
        candidate(2),
        candidate(3),
        candidate(4),
        Candidate { has_email: false, has_phone: false, ..candidate(5) },
        candidate(6),
        Candidate { purchase_days: 1, days_since_last: Some(3), ..candidate(7) },
    ]);
    night.statements = vec![
        (1, "all", Said::Granted, 1),
        (2, "all", Said::Granted, 1),
        (2, "all", Said::Suppressed, 2),
        (3, "email", Said::Denied, 1),
        (5, "all", Said::Granted, 1),
        (6, "all", Said::Granted, 1),
        (7, "sms", Said::Granted, 1),
    ];
    night.past = vec![(6, FRIDAY - 1, "email".into(), "treatment")];
    let planned = night.plan(&everybody(), FRIDAY);
    assert_eq!(
        planned.rows(),
        [
            (1, "none", "-", "not_in_audience"),
            (2, "none", "-", "suppressed"),
            // By e-mail refused; of the other channel nothing is known, which is nearer to a yes.
            (3, "none", "-", "no_consent"),
            (4, "none", "-", "no_consent"),
            (5, "none", "-", "no_address"),
            (6, "none", "-", "cap"),
            (7, "contact", "sms", "second_purchase"),
        ]
    );
    assert_eq!(planned.plan.send_on.value(6), FRIDAY + 1);
    assert_eq!(planned.plan.need_segment.value(6), "fresh");

    let permission = &planned.permission;
    let of_three: Vec<_> = (4..6)
        .map(|i| {
            (permission.channel.value(i), permission.reason.value(i), permission.permitted.value(i))
        })
        .collect();
    assert_eq!(of_three, [("email", "consent_denied", false), ("sms", "no_consent", false)]);
}

#[test]
fn a_suppression_of_one_channel_leaves_the_other_open() {
    let mut night = Night::of(vec![candidate(1)]).with_consent();
    night.statements.push((1, "email", Said::Suppressed, 0));
    assert_eq!(night.plan(&everybody(), FRIDAY).rows(), [(1, "contact", "sms", "first_purchase")]);
}

#[test]
fn the_preferred_channel_goes_first_when_it_is_permitted() {
    let prefers_sms = Candidate { preferred: Some("sms"), ..candidate(1) };
    let without_phone = Candidate { id: 2, has_phone: false, ..prefers_sms.clone() };
    let planned =
        Night::of(vec![prefers_sms, without_phone]).with_consent().plan(&everybody(), FRIDAY);
    assert_eq!(
        planned.rows(),
        [(1, "contact", "sms", "first_purchase"), (2, "contact", "email", "first_purchase")]
    );
}

#[test]
fn a_channel_that_is_answered_goes_before_one_that_is_not() {
    let mut night = Night::of(vec![candidate(1), candidate(2)]).with_consent();
    night.answers = vec![(1, "sms", 40, 20), (2, "email", 40, 1)];
    let planned = night.plan(&everybody(), FRIDAY);
    assert_eq!(planned.rows().iter().map(|row| row.2).collect::<Vec<_>>(), ["sms", "sms"]);
}

#[test]
fn a_full_channel_takes_the_worthiest_and_counts_what_was_planned_before() {
    let mut params = everybody();
    params.channels.truncate(1);
    params.channels[0].daily_capacity = Some(3);
    params.channels[0].weekdays = vec![Weekday::Monday];
    let worth = |id, cents| Candidate { cents, ..candidate(id) };
    let mut night = Night::of(vec![worth(1, 500), worth(2, 900), worth(3, 700)]).with_consent();
    // Two parties that are gone had been planned for that Monday; one more was held back from it.
    let monday = FRIDAY + 3;
    night.past = vec![
        (8, monday, "email".into(), "treatment"),
        (9, monday, "email".into(), "control"),
        (9, FRIDAY, "email".into(), "treatment"),
        (10, monday, "email".into(), "treatment"),
    ];
    let planned = night.plan(&params, FRIDAY);
    assert_eq!(planned.reasons(), ["capacity:email", "first_purchase", "capacity:email"]);
    assert_eq!(planned.plan.send_on.value(1), monday);
    assert_eq!((planned.channel.n_before.value(0), planned.channel.n_planned.value(0)), (2, 1));
    // Tomorrow the channel is full for that Monday.
    let tomorrow = Night { past: planned.past(), ..night };
    let planned = tomorrow.plan(&params, FRIDAY + 1);
    assert_eq!(planned.reasons(), ["capacity:email", "cap", "capacity:email"]);
}

#[test]
fn without_channels_there_is_nothing_to_plan() {
    let params = Params { channels: Vec::new(), ..everybody() };
    let planned = Night::of(vec![candidate(1)]).with_consent().plan(&params, FRIDAY);
    assert_eq!(planned.rows(), [(1, "none", "-", "no_channel")]);
    assert_eq!(planned.permission.customer_id.values().len(), 0);
}

#[test]
fn a_store_needs_no_address_but_consent() {
    let store = Channel {
        name: "store".into(),
        address: Address::None,
        daily_capacity: None,
        weekdays: Vec::new(),
        lead_days: Some(0),
    };
    let params = Params { channels: vec![store], ..everybody() };
    let nameless = Candidate { has_email: false, has_phone: false, ..candidate(1) };
    let planned = Night::of(vec![nameless]).with_consent().plan(&params, FRIDAY);
    assert_eq!(planned.rows(), [(1, "contact", "store", "first_purchase")]);
    assert_eq!(planned.plan.send_on.value(0), FRIDAY);
}

#[test]
fn the_control_group_is_planned_like_the_others_and_keeps_their_pace() {
    let params = Params { min_gap_days: 3, ..Params::default() };
    let night = Night::of((0..2_000).map(candidate).collect()).with_consent();
    let first = night.plan(&params, FRIDAY);
    let n_control = first.rows().iter().filter(|row| row.1 == "control").count();
    // 2,000 draws at 0.05: 100, standard deviation 9.7; four of them to either side.
    assert!((61..=139).contains(&n_control), "{n_control}");
    for (i, row) in first.rows().iter().enumerate() {
        assert_eq!(row.1 == "control", first.plan.is_control.value(i));
        assert_eq!((row.2, first.plan.send_on.value(i)), ("email", FRIDAY + 1));
    }

    let tomorrow = Night { past: first.past(), ..night.clone() };
    let second = tomorrow.plan(&params, FRIDAY + 1);
    assert!(second.reasons().iter().all(|&reason| reason == "cap"));
    let later = tomorrow.plan(&params, FRIDAY + 3);
    assert_eq!(later.rows(), first.rows());
}

#[test]
fn what_was_held_back_does_not_count_for_those_who_are_no_longer_in_control() {
    let mut night = Night::of(vec![candidate(1)]).with_consent();
    night.past = vec![(1, FRIDAY, "email".into(), "control")];
    assert_eq!(night.plan(&everybody(), FRIDAY).rows()[0].1, "contact");
}

#[test]
fn the_same_customer_twice_is_an_error_without_its_id() {
    let error = Night::of(vec![candidate(77), candidate(77)])
        .run(&everybody(), FRIDAY)
        .expect_err("is refused");
    assert_eq!(
        error.to_string(),
        "`contact_candidate` has 1 row(s) of a customer it already has, expected one row a customer"
    );
}

fn channels() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["email", "sms", "all", "fax"])
}

fn said() -> impl Strategy<Value = Said> {
    prop::sample::select(vec![
        Said::Granted,
        Said::Granted,
        Said::Granted,
        Said::Denied,
        Said::Suppressed,
    ])
}

prop_compose! {
    fn nights()(
        candidates in prop::collection::btree_map(
            0_i64..40,
            (any::<bool>(), any::<bool>(), prop::bool::weighted(0.9), 0_i128..4),
            0..30,
        ),
        statements in prop::collection::vec((0_i64..40, channels(), said(), 0_i32..5), 0..80),
        past in prop::collection::vec((0_i64..40, FRIDAY - 30..FRIDAY + 5, channels()), 0..60),
    ) -> Night {
        let candidates = candidates
            .into_iter()
            .map(|(id, (has_email, has_phone, in_audience, cents))| Candidate {
                in_audience, has_email, has_phone, cents, ..candidate(id)
            })
            .collect();
        let past = past
            .into_iter()
            .map(|(id, day, channel)| (id, day, channel.to_owned(), "treatment"))
            .collect();
        Night { candidates, statements, answers: Vec::new(), past }
    }
}

fn tight() -> Params {
    let mut params = Params {
        caps: vec![
            Cap { max_contacts: 2, window_days: 10, channel: None },
            Cap { max_contacts: 1, window_days: 20, channel: Some("sms".into()) },
        ],
        min_gap_days: 2,
        ..Params::default()
    };
    params.control.share = 0.3;
    params.channels[0].daily_capacity = Some(6);
    params.channels[1].weekdays = vec![Weekday::Monday];
    params
}

/// The rule of consent, word by word.
fn may_reach(night: &Night, id: i64, channel: &str) -> bool {
    let spoken: Vec<_> =
        night.statements.iter().filter(|s| s.0 == id && (s.1 == channel || s.1 == "all")).collect();
    let newest = spoken.iter().map(|s| s.3).max();
    !spoken.is_empty()
        && spoken.iter().all(|s| s.2 != Said::Suppressed)
        && spoken.iter().filter(|s| Some(s.3) == newest).all(|s| s.2 == Said::Granted)
}

fn check_caps(planned: &Planned, params: &Params) {
    let mut days: BTreeMap<i64, Vec<(i32, String)>> = BTreeMap::new();
    for (id, day, channel, _) in planned.past() {
        days.entry(id).or_default().push((day, channel));
    }
    for (i, (id, decision, channel, _)) in planned.rows().into_iter().enumerate() {
        if decision == "none" {
            continue;
        }
        let day = planned.plan.send_on.value(i);
        for cap in &params.caps {
            if cap.channel.as_ref().is_some_and(|only| only != channel) {
                continue;
            }
            for start in day - cap.window_days as i32 + 1..=day {
                let end = start + cap.window_days as i32;
                let n = days[&id]
                    .iter()
                    .filter(|(d, c)| {
                        start <= *d && *d < end && cap.channel.as_ref().is_none_or(|o| o == c)
                    })
                    .count();
                assert!(n <= cap.max_contacts as usize, "{n} contacts from {start}");
            }
        }
    }
}

proptest! {
    #[test]
    fn nobody_is_contacted_without_consent_or_against_a_cap_and_everybody_is_counted(
        night in nights(),
    ) {
        let params = tight();
        let planned = night.plan(&params, FRIDAY);
        prop_assert_eq!(planned.rows().len(), night.candidates.len());
        let n: i64 = planned.summary.n_customers.values().iter().sum();
        prop_assert_eq!(n as usize, night.candidates.len());
        for (id, decision, channel, reason) in planned.rows() {
            let party = night.candidates.iter().find(|c| c.id == id).expect("a candidate");
            if decision == "none" {
                prop_assert_eq!(channel, "-");
                continue;
            }
            prop_assert!(may_reach(&night, id, channel), "{} by {}", id, channel);
            prop_assert!(party.in_audience);
            let has_address = if channel == "email" { party.has_email } else { party.has_phone };
            prop_assert!(has_address);
            prop_assert_eq!(reason, "first_purchase");
        }
        check_caps(&planned, &params);
        let capacity = params.channels[0].daily_capacity.map(i64::from);
        let email = &planned.channel;
        let full = email.n_planned.value(0) + email.n_before.value(0);
        prop_assert!(Some(full) <= capacity || email.n_planned.value(0) == 0);
    }

    #[test]
    fn the_order_of_rows_changes_nothing(night in nights(), seed in any::<u64>()) {
        let mut shuffled = night.clone();
        // A rotation and a reversal reach every neighbour.
        let turn = |n: usize| if n == 0 { 0 } else { (seed % n as u64) as usize };
        shuffled.candidates.reverse();
        shuffled.candidates.rotate_left(turn(night.candidates.len()));
        shuffled.statements.reverse();
        shuffled.statements.rotate_left(turn(night.statements.len()));
        shuffled.past.reverse();
        shuffled.past.rotate_left(turn(night.past.len()));
        let bytes = |night: &Night| {
            let tables = night.run(&tight(), FRIDAY).expect("plans");
            tables.into_iter_by_name().collect::<Vec<_>>()
        };
        prop_assert_eq!(bytes(&night), bytes(&shuffled));
    }

    #[test]
    fn one_more_party_moves_nobody_in_or_out_of_control(night in nights(), new in 40_i64..99) {
        let mut larger = night.clone();
        larger.candidates.push(candidate(new));
        let groups = |night: &Night| {
            let planned = night.plan(&tight(), FRIDAY);
            let ids = planned.plan.customer_id.values().to_vec();
            ids.into_iter().zip(planned.plan.is_control.iter().flatten().collect::<Vec<_>>())
                .collect::<BTreeMap<_, _>>()
        };
        let mut with_new = groups(&larger);
        with_new.remove(&new);
        prop_assert_eq!(groups(&night), with_new);
    }

    #[test]
    fn nights_in_a_row_keep_every_cap(night in nights(), leads in prop::collection::vec(0_u32..4, 6)) {
        let mut night = Night { past: Vec::new(), ..night }.with_consent();
        for (n, lead_days) in leads.into_iter().enumerate() {
            let params = Params { lead_days, ..tight() };
            let planned = night.plan(&params, FRIDAY + n as i32);
            check_caps(&planned, &params);
            night.past = planned.past();
        }
    }
}
