//! What is true, beside what the feeds tell.

use std::collections::{BTreeMap, BTreeSet};

use super::books::{Books, line, point};
use super::calendar::Season;
use super::campaign::Campaigns;
use super::catalogue::{N_CATEGORIES, N_PROFILES, PROFILE_NAMES, category_name, profile_shares};
use super::consent::Permissions;
use super::offer::past_offers;
use super::person::Person;
use super::purchase::{Basket, Fate};
use super::record::Records;
use super::voice::Voices;

/// A file of the truth: name, and lines with their header.
pub(super) type TruthFile = (&'static str, Vec<String>);

/// Every reference that a feed may name, and the person it means.
pub(super) fn parties(
    records: &Records,
    baskets: &[Basket],
    permissions: &Permissions,
    voices: &Voices,
) -> TruthFile {
    let mut references: BTreeSet<(String, usize)> = BTreeSet::new();
    for record in records.crm.iter().chain(&records.web) {
        references.insert((record.key.clone(), record.person));
    }
    for basket in baskets {
        if let (Some(reference), Some(person)) = (basket.shown.reference(), basket.person) {
            references.insert((reference, person));
        }
    }
    for suppression in &permissions.suppressions {
        references.insert((suppression.reference.clone(), suppression.person));
    }
    for answer in &voices.answers {
        references.insert((format!("email:{}", answer.email), answer.person));
    }
    for post in &voices.posts {
        references.insert((format!("handle:{}:{}", post.platform, post.author), post.person));
    }
    let rows = references
        .iter()
        .map(|(reference, person)| line(',', &[reference, &(person + 1).to_string()]));
    ("party.csv", with_header("party_ref,person", rows))
}

/// Every person: what they need, how often they buy, whether they are still customers.
///
/// Numbers are rounded, so that another mathematical library writes the same file.
pub(super) fn people(people: &[Person], fates: &[Fate], season: &Season) -> TruthFile {
    let per_day = season.end() / f64::from(super::calendar::DAYS);
    let rows = people.iter().zip(fates).enumerate().map(|(index, (person, fate))| {
        let whole = [index + 1, person.household, person.profile].map(|number| number.to_string());
        let [number, household, profile] = whole;
        if person.is_prospect {
            return line(',', &[&number, "prospect", &household, &profile, "", "", "", "", "0"]);
        }
        line(
            ',',
            &[
                &number,
                "customer",
                &household,
                &profile,
                &format!("{:.5}", person.life.rate * per_day),
                &format!("{:.4}", person.life.dropout),
                &format!("{:.3}", person.nu),
                if fate.is_alive { "1" } else { "0" },
                &fate.n_purchases.to_string(),
            ],
        )
    });
    let header = "person,party_type,household,need_profile,rate,dropout,nu,is_alive,n_purchases";
    ("person.csv", with_header(header, rows))
}

/// What each need profile is and tends to buy.
pub(super) fn profiles() -> TruthFile {
    let mut header = "need_profile,name".to_owned();
    for category in 0..N_CATEGORIES {
        header.push(',');
        header.push_str(category_name(category));
    }
    let rows = (0..N_PROFILES).map(|profile| {
        let name = PROFILE_NAMES.get(profile).copied().unwrap_or_default();
        let shares = profile_shares(profile).map(|share| format!("{share:.4}"));
        format!("{profile},{name},{}", shares.join(","))
    });
    ("need_profile.csv", with_header(&header, rows))
}

/// What each offer truly changes, by need profile.
pub(super) fn uplift() -> TruthFile {
    let rows = past_offers().flat_map(|offer| {
        (0..N_PROFILES)
            .map(|profile| format!("{},{profile},{:.4}", offer.id, offer.uplift_of(profile)))
    });
    ("uplift.csv", with_header("offer,need_profile,uplift", rows))
}

/// What each campaign changed: people by offer, and the purchases that it caused.
pub(super) fn campaigns(campaigns: &Campaigns) -> TruthFile {
    let mut sums: BTreeMap<(&str, &str), (usize, usize, i64)> = BTreeMap::new();
    for contact in &campaigns.contacts {
        let sum = sums.entry((contact.campaign, contact.offer.unwrap_or("(control)"))).or_default();
        sum.0 += 1;
        if let Some(extra) = contact.extra {
            sum.1 += 1;
            sum.2 += extra;
        }
    }
    let rows = sums.into_iter().map(|((campaign, offer), (people, caused, amount))| {
        line(',', &[campaign, offer, &people.to_string(), &caused.to_string(), &point(amount)])
    });
    let header = "campaign,offer,n_people,n_caused_purchases,caused_amount";
    ("campaign.csv", with_header(header, rows))
}

/// Where the rows and the money of each feed are to go, as in the table `reconciliation`.
pub(super) fn reconciliation(books: &[Books]) -> TruthFile {
    let mut books: Vec<&Books> = books.iter().collect();
    books.sort_by_key(|books| books.feed);
    let rows = books.iter().flat_map(|books| {
        books.outcomes().map(|(outcome, sum)| {
            let amount = if books.has_money { point(sum.amount) } else { String::new() };
            line(',', &[books.feed, outcome, &sum.rows.to_string(), &amount])
        })
    });
    ("reconciliation.csv", with_header("feed,outcome,rows,amount", rows))
}

fn with_header(header: &str, rows: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(header.to_owned()).chain(rows).collect()
}
