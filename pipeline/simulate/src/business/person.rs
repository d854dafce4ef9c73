//! Who lives here: people, their households, what they need and how they buy.

use super::calendar::{DAYS, Season};
use super::catalogue::{N_CATEGORIES, PROFILE_WEIGHTS, profile_shares};
use super::names::{CITIES, DOMAINS, FAMILIES, MEN, STREETS, WOMEN, ascii};
use crate::btyd::{Life, mean_rate};
use crate::draw::Draw;

/// Share of parties that never buy.
const PROSPECT_SHARE: f64 = 0.08;
/// Concentration of a customer's shares around those of the profile.
const CONCENTRATION: f64 = 14.0;
/// Gamma-gamma: a line costs Gamma(p, rate nu), nu is Gamma(q, rate g); see Fader and Hardie (2013),
/// "The Gamma-Gamma model of monetary value". The mean line is p g / (q - 1) = 4 euros.
const GG_P: f64 = 4.0;
const GG_Q: f64 = 4.0;
const GG_G: f64 = 3.0;
/// Beta of the probability to be lost after a purchase.
const DROPOUT: (f64, f64) = (0.8, 14.0);
/// Shape of the gamma of purchase rates.
const RATE_SHAPE: f64 = 1.4;
/// First telephone number: all of them lie in one block that is easily recognised.
const FIRST_PHONE: usize = 600_001_000;

/// Where somebody buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Store,
    Phone,
    Web,
    App,
}

const CHANNELS: [Channel; 4] = [Channel::Store, Channel::Phone, Channel::Web, Channel::App];

/// A social platform and a name on it.
#[derive(Debug, Clone)]
pub(super) struct Handle {
    pub(super) platform: &'static str,
    pub(super) name: String,
}

/// One person, as they are, not as any system knows them.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states")]
pub(super) struct Person {
    pub(super) household: usize,
    pub(super) first: &'static str,
    pub(super) last: String,
    pub(super) birth: i32,
    pub(super) email: String,
    pub(super) has_own_email: bool,
    pub(super) phone: usize,
    pub(super) street: String,
    /// Position in the list of cities.
    pub(super) place: usize,
    pub(super) is_prospect: bool,
    pub(super) in_crm: bool,
    pub(super) has_account: bool,
    pub(super) token: Option<String>,
    pub(super) handle: Option<Handle>,
    /// Day of the first purchase; for a prospect the day it became known.
    pub(super) since: i32,
    pub(super) life: Life,
    pub(super) profile: usize,
    pub(super) tastes: [f64; N_CATEGORIES],
    channels: [f64; 4],
    /// How readily a discount is taken, 0 to 1.
    pub(super) deal: f64,
    /// `nu` of the gamma-gamma model, by euro.
    pub(super) nu: f64,
    /// How content they are, standard normal.
    pub(super) mood: f64,
}

impl Person {
    /// Where the next purchase is made.
    pub(super) fn channel(&self, draw: &mut Draw) -> Channel {
        let at = draw.weighted(&self.channels);
        CHANNELS.get(at).copied().unwrap_or(Channel::Store)
    }

    /// Money of a line of a category before discount, in cents.
    pub(super) fn gross(&self, price: f64, draw: &mut Draw) -> i64 {
        let euros = draw.gamma(GG_P) / self.nu * price;
        ((euros * 100.0).round() as i64).clamp(20, 500_000)
    }
}

/// Makes people whose purchases are expected to be so many baskets in all.
pub(super) fn people(seed: u64, n: usize, baskets: f64, season: &Season) -> Vec<Person> {
    let n_prospects = (n as f64 * PROSPECT_SHARE).round() as usize;
    let lives = lives(seed, n, n_prospects, baskets, season);
    let mut draw = Draw::new(seed, "person");
    let mut people: Vec<Person> = Vec::with_capacity(n);
    let mut homes = 0;
    for (index, life) in lives.into_iter().enumerate() {
        let is_prospect = index >= n - n_prospects;
        let since =
            if is_prospect { draw.whole(-200, DAYS - 15) } else { season.day_at(life.first) };
        let person = match people.last_mut() {
            Some(relative) if draw.chance(0.22) => {
                join(relative, index, is_prospect, since, life, &mut draw)
            }
            _ => {
                homes += 1;
                stranger(index, homes, is_prospect, since, life, &mut draw)
            }
        };
        people.push(person);
    }
    // Prospects would else be the last of every list.
    shuffle(&mut people, &mut Draw::new(seed, "order"));
    people
}

fn lives(seed: u64, n: usize, n_prospects: usize, baskets: f64, season: &Season) -> Vec<Life> {
    let mut draw = Draw::new(seed, "life");
    let mut lives: Vec<Life> = (0..n)
        .map(|_| {
            let rate = draw.gamma(RATE_SHAPE) / RATE_SHAPE;
            let dropout = draw.beta(DROPOUT.0, DROPOUT.1).clamp(1e-6, 0.95);
            // More of the customers of a shop that is not new are old ones.
            let first = season.end() * 0.96 * draw.unit().powf(1.35);
            Life { rate, dropout, first }
        })
        .collect();
    let n_buyers = n - n_prospects;
    let buyers = lives.get(..n_buyers).unwrap_or_default();
    let mean = mean_rate(buyers, season.end(), baskets / n_buyers.max(1) as f64);
    for life in &mut lives {
        life.rate *= mean;
    }
    lives
}

fn shuffle<T>(list: &mut [T], draw: &mut Draw) {
    for at in (1..list.len()).rev() {
        list.swap(at, draw.below(at + 1));
    }
}

/// A person of a household of their own.
fn stranger(
    index: usize,
    household: usize,
    is_prospect: bool,
    since: i32,
    life: Life,
    draw: &mut Draw,
) -> Person {
    let first = if draw.chance(0.55) { draw.pick(&WOMEN) } else { draw.pick(&MEN) };
    let last = format!("{} {}", draw.pick(&FAMILIES), draw.pick(&FAMILIES));
    let profile = draw.weighted(&PROFILE_WEIGHTS);
    let place = draw.weighted(&CITIES.map(|city| city.3));
    let birth = -draw.whole(19 * 365, 82 * 365);
    let in_crm = draw.chance(0.9);
    let has_account = draw.chance(if in_crm { 0.3 } else { 0.6 }) || is_prospect && !in_crm;
    let token = (has_account && draw.chance(0.75) || !in_crm && !has_account)
        .then(|| format!("tk_{:08x}", (index as u32).wrapping_mul(0x9e37_79b1)));
    let online = if has_account { 1.6 } else { 0.05 };
    let shares = profile_shares(profile);
    Person {
        household,
        email: address(first, &last, index, draw),
        has_own_email: true,
        handle: (has_account && draw.chance(0.3)).then(|| Handle {
            platform: draw.pick(&["instagram", "x", "tiktok"]),
            name: format!("{}_{index}", ascii(first)),
        }),
        first,
        last,
        birth,
        phone: FIRST_PHONE + index,
        street: format!("{}, {}", draw.pick(&STREETS), draw.whole(1, 98)),
        place,
        is_prospect,
        in_crm,
        has_account,
        token,
        since,
        life,
        profile,
        tastes: draw.dirichlet(&shares, CONCENTRATION),
        channels: draw.dirichlet(&[0.78, 0.04, 0.12 * online, 0.06 * online], 6.0),
        deal: draw.beta(1.2, 3.0),
        nu: (draw.gamma(GG_Q) / GG_G).max(0.05),
        mood: draw.normal(),
    }
}

/// A person who lives with another one: spouse, brother or sister, or twin.
fn join(
    relative: &mut Person,
    index: usize,
    is_prospect: bool,
    since: i32,
    life: Life,
    draw: &mut Draw,
) -> Person {
    let mut person = stranger(index, relative.household, is_prospect, since, life, draw);
    while person.first == relative.first {
        person.first = draw.pick(&WOMEN);
    }
    let is_twin = draw.chance(0.06);
    if is_twin || draw.chance(0.45) {
        person.last.clone_from(&relative.last);
    }
    if is_twin {
        person.birth = relative.birth;
    }
    person.street.clone_from(&relative.street);
    person.place = relative.place;
    person.email = address(person.first, &person.last, index, draw);
    if let Some(handle) = &mut person.handle {
        handle.name = format!("{}_{index}", ascii(person.first));
    }
    // Families share a mailbox or a line; then neither tells who of them it is.
    if draw.chance(0.25) {
        person.email.clone_from(&relative.email);
        person.has_own_email = false;
        relative.has_own_email = false;
    }
    if draw.chance(0.3) {
        person.phone = relative.phone;
    }
    person
}

fn address(first: &str, last: &str, index: usize, draw: &mut Draw) -> String {
    let family = ascii(last.split(' ').next().unwrap_or_default());
    let first = ascii(first);
    if draw.chance(0.06) {
        // Gmail gives out no name longer than 30 letters: nobody can have this address, and the dots
        // in it mean nothing, as in a real one.
        return format!("{first}.{family}.persona.inventada.de.muestra.{index:05}@gmail.com");
    }
    format!("{first}.{family}{index}@{}", draw.pick(&DOMAINS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn households_share_and_others_do_not() {
        let people = people(3, 2000, 9_000.0, &Season::new());
        assert_eq!(people.iter().filter(|person| person.is_prospect).count(), 160);
        let mut by_email: BTreeMap<&str, Vec<&Person>> = BTreeMap::new();
        for person in &people {
            by_email.entry(&person.email).or_default().push(person);
        }
        assert!(by_email.values().any(|sharers| sharers.len() > 1));
        for sharers in by_email.values() {
            assert!(sharers.iter().all(|person| person.household == sharers[0].household));
            assert!(sharers.iter().all(|person| person.has_own_email == (sharers.len() == 1)));
        }
        let twins = people.iter().filter(|a| {
            people
                .iter()
                .any(|b| a.household == b.household && a.birth == b.birth && a.first != b.first)
        });
        assert!(twins.count() >= 2);
    }

    #[test]
    fn the_expected_number_of_baskets_is_the_one_asked_for() {
        let season = Season::new();
        let people = people(3, 2000, 9_000.0, &season);
        let expected: f64 = people
            .iter()
            .filter(|person| !person.is_prospect)
            .map(|person| person.life.expected(season.end()))
            .sum();
        assert!((expected - 9_000.0).abs() < 1.0, "{expected}");
    }

    #[test]
    fn a_gmail_name_is_too_long_to_be_anybodys() {
        let people = people(3, 2000, 9_000.0, &Season::new());
        let mut seen = 0;
        for person in &people {
            let (name, domain) = person.email.split_once('@').expect("an address");
            if domain == "gmail.com" {
                assert!(name.chars().filter(|c| *c != '.').count() > 30);
                seen += 1;
            } else {
                assert!(domain.contains("example."), "{domain}");
            }
        }
        assert!(seen > 20);
    }
}
