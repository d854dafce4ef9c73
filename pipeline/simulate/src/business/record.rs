//! What the systems of the shop know of people: CRM records, web accounts, and what is wrong in them.

use super::calendar::DAYS;
use super::names::ascii;
use super::person::Person;
use crate::draw::Draw;

/// Share of people with a second CRM record, and of those with a third.
const DUPLICATE_SHARE: f64 = 0.13;
/// The mailbox that clerks write down when a customer gives none.
const SHOP_EMAIL: &str = "tienda.toledo@example.org";
/// Card numbers have six digits; this many can be given out.
const CARDS: usize = 900_000;

/// One record of one source.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// Key in its source, `C00001` of the CRM and `W00001` of the web shop.
    pub(super) key: String,
    /// Position of the person.
    pub(super) person: usize,
    pub(super) card: Option<String>,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) token: Option<String>,
    pub(super) handle: Option<String>,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) birth: Option<i32>,
    pub(super) street: String,
    pub(super) place: usize,
    pub(super) language: &'static str,
    pub(super) preferred: &'static str,
    pub(super) registered: i32,
    pub(super) updated: i32,
    pub(super) is_prospect: bool,
}

/// The keys under which one person is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// CRM keys; the first is the record that clerks use.
    pub(super) crm: Vec<String>,
    pub(super) account: Option<String>,
    pub(super) cards: Vec<String>,
    /// Whether `email:` and the person's address name this person alone.
    pub(super) by_email: bool,
}

impl Known {
    /// The key that mailings use; none for people without a record.
    pub(super) fn key(&self) -> Option<&str> {
        self.crm.first().or(self.account.as_ref()).map(String::as_str)
    }
}

/// All records, and the keys of each person.
#[derive(Debug)]
pub(super) struct Records {
    pub(super) crm: Vec<Record>,
    pub(super) web: Vec<Record>,
    pub(super) known: Vec<Known>,
}

/// Registers people, some of them more than once; keys are given out in order of registration.
pub(super) fn records(seed: u64, people: &[Person]) -> Records {
    let mut draw = Draw::new(seed, "record");
    let (mut crm, mut web) = (Vec::new(), Vec::new());
    let mut n_cards = 0;
    let mut card = || {
        n_cards += 1;
        // 7919 has no factor in common with 900,000: no number comes twice.
        (100_000 + n_cards * 7_919 % CARDS).to_string()
    };
    for (index, person) in people.iter().enumerate() {
        if person.in_crm {
            let mut record = first_record(index, person, &mut draw);
            // Who has an account may do without a card; nobody else would be seen to buy.
            let does_without = !person.is_prospect && person.has_account && draw.chance(0.25);
            if !person.is_prospect && !does_without {
                record.card = Some(card());
            }
            let mut copies = 0;
            while copies < 2 && draw.chance(DUPLICATE_SHARE) {
                copies += 1;
                let mut copy = duplicate(person, &record, &mut draw);
                copy.card = match &record.card {
                    Some(own) if draw.chance(0.45) => Some(own.clone()),
                    Some(_) if draw.chance(0.5) => Some(card()),
                    _ => None,
                };
                crm.push(copy);
            }
            crm.push(record);
        }
        if person.has_account {
            web.push(account(index, person, &mut draw));
        }
    }
    let mut known = vec![Known::default(); people.len()];
    number(&mut crm, 'C', people, &mut known);
    number(&mut web, 'W', people, &mut known);
    Records { crm, web, known }
}

/// Gives out the keys of one source, and notes what each person is known by.
fn number(records: &mut [Record], letter: char, people: &[Person], known: &mut [Known]) {
    // A stable sort: records of one day stay in the order of people.
    records.sort_by_key(|record| record.registered);
    for (nth, record) in records.iter_mut().enumerate() {
        record.key = format!("{letter}{:05}", nth + 1);
        let (Some(person), Some(known)) = (people.get(record.person), known.get_mut(record.person))
        else {
            continue;
        };
        known.by_email |= person.has_own_email && record.email == person.email;
        known.cards.extend(record.card.clone().filter(|card| !known.cards.contains(card)));
        if letter == 'C' {
            known.crm.push(record.key.clone());
        } else {
            known.account = Some(record.key.clone());
        }
    }
}

fn first_record(index: usize, person: &Person, draw: &mut Draw) -> Record {
    let registered =
        if person.since < 60 { person.since - draw.whole(0, 1500) } else { person.since };
    let email = match draw.unit() {
        u if u < 0.8 => person.email.clone(),
        u if u < 0.81 => SHOP_EMAIL.to_owned(),
        u if u < 0.815 => "noreply@example.com".to_owned(),
        _ => String::new(),
    };
    let phone = match draw.unit() {
        u if u < 0.78 => phone(person.phone, draw),
        u if u < 0.79 => "000000000".to_owned(),
        _ => String::new(),
    };
    let has_street = draw.chance(0.4);
    Record {
        key: String::new(),
        person: index,
        card: None,
        email,
        phone,
        token: None,
        handle: None,
        first: person.first.to_owned(),
        last: person.last.clone(),
        birth: draw.chance(0.75).then_some(person.birth),
        street: if has_street { person.street.clone() } else { String::new() },
        place: person.place,
        language: if draw.chance(0.95) { "es" } else { "en" },
        preferred: draw.pick(&["", "", "", "", "email", "sms"]),
        registered,
        updated: draw.whole(registered.max(-600), DAYS - 1),
        is_prospect: person.is_prospect,
    }
}

/// The same person once more, written down by somebody else.
fn duplicate(person: &Person, record: &Record, draw: &mut Draw) -> Record {
    let mut copy = first_record(record.person, person, draw);
    copy.registered = draw.whole(record.registered, DAYS - 1);
    copy.updated = draw.whole(copy.registered, DAYS - 1);
    if draw.chance(0.35) {
        copy.last = typo(&copy.last, draw);
    }
    if draw.chance(0.1) {
        copy.first = typo(&copy.first, draw);
    }
    match draw.below(6) {
        0 => copy.email = copy.email.to_uppercase(),
        1 => copy.email = other_spelling(&copy.email),
        2 => copy.first = format!("{}.", copy.first.chars().next().unwrap_or('X')),
        3 => copy.last = copy.last.to_uppercase(),
        4 => copy.phone.clear(),
        _ => copy.last = copy.last.split(' ').next().unwrap_or_default().to_owned(),
    }
    copy
}

fn account(index: usize, person: &Person, draw: &mut Draw) -> Record {
    let mut account = first_record(index, person, draw);
    account.email = if draw.chance(0.8) {
        person.email.clone()
    } else {
        // Another mailbox of the same person; the position keeps it theirs alone.
        format!("{}.web{index}@example.net", ascii(person.first))
    };
    account.registered = draw.whole(account.registered.max(-400), DAYS - 1);
    account.updated = account.registered;
    if draw.chance(0.1) {
        account.first = format!("{}.", person.first.chars().next().unwrap_or('X'));
    }
    account.token.clone_from(&person.token);
    account.handle =
        person.handle.as_ref().map(|handle| format!("{}:@{}", handle.platform, handle.name));
    account
}

/// One number in one of the ways people write it.
fn phone(number: usize, draw: &mut Draw) -> String {
    let digits = number.to_string();
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    match draw.below(5) {
        0 => format!("+34 {} {} {}", part(0..3), part(3..6), part(6..9)),
        1 => format!("{} {} {} {}", part(0..3), part(3..5), part(5..7), part(7..9)),
        2 => format!("+34{digits}"),
        3 => format!("0034{digits}"),
        _ => digits,
    }
}

/// A slip of the keyboard: two letters swapped, one left out or one typed twice.
fn typo(name: &str, draw: &mut Draw) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if letters.len() < 4 {
        return name.to_owned();
    }
    let at = 1 + draw.below(letters.len() - 2);
    match draw.below(3) {
        0 => letters.swap(at, at + 1),
        1 => {
            letters.remove(at);
        }
        _ => {
            if let Some(letter) = letters.get(at).copied() {
                letters.insert(at, letter);
            }
        }
    }
    letters.into_iter().collect()
}

/// Another way to write an address that reaches the same mailbox.
fn other_spelling(email: &str) -> String {
    match email.split_once('@') {
        Some((name, "gmail.com")) => format!("{}@googlemail.com", name.replace('.', "")),
        _ => email.replace("example", "Example"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::business::calendar::Season;
    use crate::business::person::people;

    #[test]
    fn keys_and_cards_belong_to_one_person_and_facts_come_in_time() {
        let people = people(5, 3000, 15_000.0, &Season::new());
        let records = records(5, &people);
        let mut keys = BTreeSet::new();
        let mut cards = BTreeSet::new();
        for known in &records.known {
            assert!(known.crm.iter().chain(&known.account).all(|key| keys.insert(key)));
            assert!(known.cards.iter().all(|card| card.len() == 6 && cards.insert(card)));
        }
        assert_eq!(keys.len(), records.crm.len() + records.web.len());
        for record in records.crm.iter().chain(&records.web) {
            assert!(record.registered <= record.updated && record.updated < DAYS);
        }
        let twice = records.known.iter().filter(|known| known.crm.len() > 1).count();
        assert!((200..500).contains(&twice), "{twice}");
        let shop = records.crm.iter().filter(|record| record.email == SHOP_EMAIL);
        assert!(shop.count() > 8);
    }

    #[test]
    fn everybody_can_be_named_by_something() {
        let people = people(5, 3000, 15_000.0, &Season::new());
        let records = records(5, &people);
        for (person, known) in people.iter().zip(&records.known) {
            assert!(known.key().is_some() || person.token.is_some());
        }
    }

    #[test]
    fn a_slip_changes_little_and_a_spelling_nothing() {
        let mut draw = Draw::new(1, "test");
        for _ in 0..50 {
            let slipped = typo("Fernández", &mut draw);
            assert!(slipped.chars().count().abs_diff(9) <= 1);
        }
        assert_eq!(other_spelling("a.b@gmail.com"), "ab@googlemail.com");
        assert_eq!(other_spelling("a.b@example.org").to_lowercase(), "a.b@example.org");
    }
}
