//! The systems that know people, what each asks of them, and how well it writes that down.

use super::names::Culture;
use super::person::Person;
use super::slip::{Hand, slip, slip_digits, without_accents};
use crate::draw::Draw;

/// One system.
#[derive(Debug)]
pub(super) struct Source {
    /// Name of its feed.
    pub(super) feed: &'static str,
    /// First letter of its keys.
    pub(super) letter: char,
    hand: Hand,
    /// Share of records.
    pub(super) share: f64,
    /// Whether it knows people who never buy.
    pub(super) takes_prospects: bool,
    fill: Fill,
    /// Share of names with a slip; addresses have half as many.
    slips: f64,
    /// Share of records without accents, and of those in capitals.
    plain: f64,
    capitals: f64,
    nicknames: f64,
    /// Share of records with given and family name in each other's place.
    swapped: f64,
    /// Share of records in which something that is asked was made up.
    made_up: f64,
}

/// Share of records in which a field is filled.
#[derive(Debug)]
struct Fill {
    name: f64,
    birth: f64,
    email: f64,
    phone: f64,
    address: f64,
    card: f64,
    token: f64,
    handle: f64,
}

/// The systems, in the order of their feeds.
pub(super) const SOURCES: [Source; 4] = [
    Source {
        feed: "shop",
        letter: 'S',
        hand: Hand::Keyboard,
        share: 0.42,
        takes_prospects: false,
        fill: Fill {
            name: 0.98,
            birth: 0.72,
            email: 0.48,
            phone: 0.72,
            address: 0.72,
            card: 0.85,
            token: 0.0,
            handle: 0.0,
        },
        slips: 0.07,
        plain: 0.4,
        capitals: 0.35,
        nicknames: 0.04,
        swapped: 0.02,
        made_up: 0.07,
    },
    Source {
        feed: "web",
        letter: 'W',
        hand: Hand::Keyboard,
        share: 0.33,
        takes_prospects: true,
        fill: Fill {
            name: 0.96,
            birth: 0.28,
            email: 0.99,
            phone: 0.55,
            address: 0.62,
            card: 0.2,
            token: 0.6,
            handle: 0.5,
        },
        slips: 0.03,
        plain: 0.3,
        capitals: 0.02,
        nicknames: 0.14,
        swapped: 0.01,
        made_up: 0.03,
    },
    Source {
        feed: "call_centre",
        letter: 'T',
        hand: Hand::Ear,
        share: 0.15,
        takes_prospects: false,
        fill: Fill {
            name: 0.95,
            birth: 0.25,
            email: 0.3,
            phone: 0.98,
            address: 0.5,
            card: 0.1,
            token: 0.0,
            handle: 0.0,
        },
        slips: 0.13,
        plain: 0.5,
        capitals: 0.1,
        nicknames: 0.08,
        swapped: 0.01,
        made_up: 0.02,
    },
    Source {
        feed: "contest",
        letter: 'P',
        hand: Hand::Scanner,
        share: 0.1,
        takes_prospects: true,
        fill: Fill {
            name: 0.97,
            birth: 0.4,
            email: 0.75,
            phone: 0.5,
            address: 0.6,
            card: 0.0,
            token: 0.0,
            handle: 0.1,
        },
        slips: 0.15,
        plain: 0.25,
        capitals: 0.3,
        nicknames: 0.1,
        swapped: 0.03,
        made_up: 0.03,
    },
];

/// One record as it stands in a feed; empty texts are missing values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) first: String,
    pub(super) last: String,
    pub(super) birth: Option<i32>,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) street: String,
    pub(super) postal_code: String,
    pub(super) city: String,
    pub(super) country: &'static str,
    pub(super) language: &'static str,
    pub(super) card: String,
    pub(super) token: String,
    pub(super) handle: String,
    pub(super) account: String,
    pub(super) registered: i32,
    pub(super) updated: i32,
}

/// Which part of a record is written down again when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Name,
    Email,
    Phone,
    Address,
    BirthDate,
}

/// Parts, in the order in which changes are likely.
pub(super) const PARTS: [Part; 5] =
    [Part::Address, Part::Phone, Part::Email, Part::Name, Part::BirthDate];

impl Source {
    /// Writes down what is true of a person on a day; `n_shops` shops have a mailbox and a card of
    /// their own for people who have none.
    pub(super) fn record(
        &self,
        person: &Person,
        account: Option<&str>,
        day: i32,
        n_shops: usize,
        draw: &mut Draw,
    ) -> Record {
        let mut record = Record {
            country: person.culture.country,
            language: person.culture.language,
            registered: day,
            updated: day,
            account: account.filter(|_| draw.chance(0.8)).unwrap_or_default().to_owned(),
            ..Record::default()
        };
        for part in PARTS {
            self.write(part, person, day, n_shops, &mut record, draw);
        }
        if draw.chance(self.fill.card) {
            record.card = if self.letter == 'S' && draw.chance(0.025) {
                format!("7999{:05}", draw.below(n_shops))
            } else {
                own(&person.cards, draw)
            };
        }
        if draw.chance(self.fill.token) {
            record.token = own(&person.tokens, draw);
        }
        if draw.chance(self.fill.handle) {
            record.handle = person.handle.clone().unwrap_or_default();
        }
        record
    }

    /// Writes one part of a record down, again or for the first time.
    pub(super) fn write(
        &self,
        part: Part,
        person: &Person,
        day: i32,
        n_shops: usize,
        record: &mut Record,
        draw: &mut Draw,
    ) {
        match part {
            Part::Name => self.name(person, day, record, draw),
            Part::Email => record.email = self.email(person, day, n_shops, draw),
            Part::Phone => record.phone = self.phone(person, day, draw),
            Part::Address => self.address(person, day, record, draw),
            Part::BirthDate => record.birth = self.birth(person, draw),
        }
    }

    fn name(&self, person: &Person, day: i32, record: &mut Record, draw: &mut Draw) {
        (record.first, record.last) = (String::new(), String::new());
        if !draw.chance(self.fill.name) {
            return;
        }
        let (mut first, mut last) = (person.first.clone(), last_name(person, day, draw));
        if draw.chance(self.nicknames)
            && let Some(nickname) = person.culture.nickname(&first, draw)
        {
            nickname.clone_into(&mut first);
        } else if draw.chance(0.02) {
            first = first.chars().next().map_or_else(String::new, |letter| format!("{letter}."));
        } else if draw.chance(0.3) {
            first.truncate(first.find(' ').unwrap_or(first.len()));
        }
        for text in [&mut first, &mut last] {
            if draw.chance(self.slips / 2.0) {
                *text = slip(text, self.hand, draw);
            }
        }
        if draw.chance(self.swapped) {
            std::mem::swap(&mut first, &mut last);
        }
        if draw.chance(0.02) {
            let titles =
                if person.is_woman { person.culture.titles.0 } else { person.culture.titles.1 };
            if let Some(title) = titles.get(draw.below(titles.len())) {
                first = format!("{title} {first}");
            }
        }
        // A scanned card may lack the family name, a till the given one.
        if draw.chance(0.02) {
            last.clear();
        }
        let (plain, capitals) = (draw.chance(self.plain), draw.chance(self.capitals));
        record.first = spell(first, plain, capitals);
        record.last = spell(last, plain, capitals);
    }

    fn email(&self, person: &Person, day: i32, n_shops: usize, draw: &mut Draw) -> String {
        if !draw.chance(self.fill.email) {
            return String::new();
        }
        if self.letter != 'W' && draw.chance(self.made_up) {
            return match draw.below(4) {
                0 | 1 => format!("tienda{:02}@example.org", draw.below(n_shops)),
                2 => draw.pick(&["noemail@example.com", "notiene@example.com"]).to_owned(),
                _ => draw.pick(&["test@example.com", "na", "noreply@example.org"]).to_owned(),
            };
        }
        let Some(Some(mailbox)) = person.email.at(day) else { return String::new() };
        match draw.unit() {
            u if u < self.slips / 4.0 => {
                let (name, domain) = mailbox.split_once('@').unwrap_or((mailbox, ""));
                format!("{}@{domain}", slip(name, self.hand, draw).replace(' ', ""))
            }
            u if u > 1.0 - self.capitals / 2.0 => mailbox.to_uppercase(),
            u if u > 0.9 && mailbox.ends_with("gmail.com") => mailbox.replacen('.', "", 1),
            _ => mailbox.clone(),
        }
    }

    fn phone(&self, person: &Person, day: i32, draw: &mut Draw) -> String {
        if !draw.chance(self.fill.phone) {
            return String::new();
        }
        if draw.chance(self.made_up / 3.0) {
            return draw.pick(&["000000000", "999999999", "123456789", "n/a"]).to_owned();
        }
        let Some(Some(number)) = person.phone.at(day) else { return String::new() };
        let number =
            if draw.chance(self.slips / 5.0) { slip_digits(number, draw) } else { number.clone() };
        let Culture { calling_code, trunk, .. } = person.culture;
        let (area, rest) = number.split_at_checked(3).unwrap_or((&number, ""));
        let (middle, end) = rest.split_at_checked(3).unwrap_or((rest, ""));
        match draw.below(8) {
            0 => format!("+{calling_code}{number}"),
            1 => format!("+{calling_code} {area} {middle} {end}"),
            2 => format!("00{calling_code} {number}"),
            3 => format!("{trunk}{area} {middle} {end}"),
            4 => format!("{trunk}{area}-{middle}-{end}"),
            _ => format!("{trunk}{number}"),
        }
    }

    fn address(&self, person: &Person, day: i32, record: &mut Record, draw: &mut Draw) {
        (record.street, record.postal_code, record.city) = Default::default();
        let Some(home) = person.home.at(day) else { return };
        if !draw.chance(self.fill.address) {
            return;
        }
        let mut street = home.street.clone();
        if draw.chance(0.35) {
            for (long, short) in person.culture.abbreviations {
                street = street.replace(long, short);
            }
        }
        // Half of the people leave the floor out.
        if draw.chance(0.5)
            && let Some(floor) = street.find(',')
        {
            street.truncate(floor);
        }
        if draw.chance(self.slips / 2.0) {
            street = slip(&street, self.hand, draw);
        }
        let mut code = home.postal_code.clone();
        if draw.chance(self.slips / 6.0) {
            code = slip_digits(&code, draw);
        }
        let (plain, capitals) = (draw.chance(self.plain), draw.chance(self.capitals));
        if draw.chance(0.85) {
            record.street = spell(street, plain, capitals);
        }
        if draw.chance(0.95) {
            record.postal_code = if draw.chance(0.2) { code.replace(' ', "") } else { code };
        }
        if draw.chance(0.9) {
            record.city = spell(home.city.to_owned(), plain, capitals);
        }
    }

    fn birth(&self, person: &Person, draw: &mut Draw) -> Option<i32> {
        if !draw.chance(self.fill.birth) {
            return None;
        }
        // 1900-01-01, and the 1st of January of 1980, 1990 and 2000 of those who will not tell.
        if draw.chance(self.made_up / 2.0) {
            let defaults = if self.letter == 'W' { [3_652, 7_305, 10_957] } else { [-25_567; 3] };
            return Some(draw.pick(&defaults));
        }
        Some(match draw.unit() {
            u if u < self.slips / 5.0 => person.birth + draw.pick(&[-10, -1, 1, 9, 10, 20]),
            u if u < self.slips / 4.0 => person.birth + draw.pick(&[-365, 365, 3_652, -3_653]),
            _ => person.birth,
        })
    }
}

fn last_name(person: &Person, day: i32, draw: &mut Draw) -> String {
    let last = person.last.at(day).cloned().unwrap_or_default();
    match last.split_once(' ') {
        Some((first, _)) if draw.chance(0.22) => first.to_owned(),
        Some((first, second)) if draw.chance(0.02) => format!("{first}-{second}"),
        _ => last,
    }
}

fn spell(text: String, plain: bool, capitals: bool) -> String {
    let text = if plain { without_accents(&text) } else { text };
    if capitals { text.to_uppercase() } else { text }
}

/// One of several identifiers of a person, mostly the first.
fn own(list: &[String], draw: &mut Draw) -> String {
    list.get(draw.skewed(list.len(), 2.0)).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::person::{FIRST_NIGHT, Town};

    fn written(source: &Source, n: usize) -> Vec<(Person, Record)> {
        let mut town = Town::new(9);
        let mut all = Vec::new();
        while all.len() < n {
            let (household, mut draw) = town.next();
            for person in household.people {
                let record = source.record(&person, None, FIRST_NIGHT, 4, &mut draw);
                all.push((person, record));
            }
        }
        all
    }

    #[test]
    fn shares_sum_to_one_and_letters_differ() {
        assert!((SOURCES.iter().map(|source| source.share).sum::<f64>() - 1.0).abs() < 1e-9);
        let letters: std::collections::BTreeSet<_> = SOURCES.iter().map(|it| it.letter).collect();
        assert_eq!(letters.len(), SOURCES.len());
    }

    #[test]
    fn each_source_fills_what_it_asks_for() {
        for source in &SOURCES {
            let all = written(source, 4_000);
            let share = |has: fn(&Record) -> bool| {
                all.iter().filter(|(_, record)| has(record)).count() as f64 / all.len() as f64
            };
            assert!((share(|r| r.birth.is_some()) - source.fill.birth).abs() < 0.03);
            assert!((share(|r| !r.card.is_empty()) - source.fill.card).abs() < 0.03);
            // 14 in a hundred have no mailbox and 6 no telephone to tell, but something made up.
            let email = share(|r| !r.email.is_empty());
            assert!(email < source.fill.email + 0.03 && email > source.fill.email * 0.8, "{email}");
            assert!(share(|r| !r.phone.is_empty()) > source.fill.phone * 0.88);
        }
    }

    #[test]
    fn most_names_are_right_and_some_are_not() {
        for source in &SOURCES {
            let all = written(source, 4_000);
            let folded = |text: &str| without_accents(text).to_lowercase();
            let right = all.iter().filter(|(person, record)| {
                let last = person.last.at(FIRST_NIGHT).expect("a name");
                folded(&person.first) == folded(&record.first)
                    && folded(last) == folded(&record.last)
            });
            let share = right.count() as f64 / all.len() as f64;
            assert!((0.5..0.9).contains(&share), "{} {share}", source.feed);
        }
    }

    #[test]
    fn shops_lend_their_mailbox_and_their_card() {
        let all = written(&SOURCES[0], 4_000);
        let lent = |of: fn(&Record) -> bool| all.iter().filter(|(_, record)| of(record)).count();
        assert!(lent(|r| r.card.starts_with("7999")) > 40);
        assert!(lent(|r| r.email.starts_with("tienda")) > 30);
        assert!(lent(|r| r.birth == Some(-25_567)) > 50);
    }
}
