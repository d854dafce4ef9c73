//! Who lives together, and what is true of each person over the years.

use std::collections::HashSet;

use super::names::{CULTURES, Culture, DOMAINS, ascii};
use crate::draw::Draw;

/// 2026-01-01, the first logical date; days are counted from 1970-01-01.
pub(super) const FIRST_NIGHT: i32 = 20_454;
/// First day on which a system may know somebody: 2019-01-01.
pub(super) const OPENING: i32 = 17_897;
const YEAR: i32 = 365;

/// Numbers of a block of telephones; more than enough for the largest world.
const PHONES: u64 = 10_000_000;
/// Share of new numbers that somebody else had before.
const RECYCLED_SHARE: f64 = 0.015;

/// Something that changes now and then: the day from which each value holds, ascending.
#[derive(Debug, Clone)]
pub(super) struct Timeline<T>(Vec<(i32, T)>);

impl<T> Timeline<T> {
    fn new(value: T) -> Self {
        Self(vec![(i32::MIN, value)])
    }

    fn change(&mut self, day: i32, value: T) {
        self.0.push((day, value));
        self.0.sort_by_key(|entry| entry.0);
    }

    /// The value of a day.
    pub(super) fn at(&self, day: i32) -> Option<&T> {
        self.0.iter().rev().find(|entry| entry.0 <= day).map(|entry| &entry.1)
    }
}

/// Where somebody lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) street: String,
    pub(super) postal_code: String,
    pub(super) city: &'static str,
}

/// One person, as they are, not as any system knows them.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// Number of the person in the truth, from 1.
    pub(super) number: usize,
    pub(super) culture: &'static Culture,
    pub(super) is_woman: bool,
    pub(super) first: String,
    pub(super) last: Timeline<String>,
    pub(super) birth: i32,
    /// `None` while the person has no mailbox.
    pub(super) email: Timeline<Option<String>>,
    /// National digits.
    pub(super) phone: Timeline<Option<String>>,
    pub(super) home: Timeline<Home>,
    pub(super) cards: Vec<String>,
    pub(super) tokens: Vec<String>,
    pub(super) handle: Option<String>,
    /// Whether the person never buys.
    pub(super) is_prospect: bool,
}

/// People under one roof, or in one office.
#[derive(Debug)]
pub(super) struct Household {
    /// Number in the truth, from 1.
    pub(super) number: usize,
    /// Business account of an office.
    pub(super) account: Option<String>,
    pub(super) people: Vec<Person>,
}

/// How people live together, and the share of households that do.
const KINDS: [(Kind, f64); 7] = [
    (Kind::Alone, 0.42),
    (Kind::Couple, 0.24),
    (Kind::Family, 0.19),
    (Kind::Namesakes, 0.05),
    (Kind::Twins, 0.025),
    (Kind::Flatmates, 0.06),
    (Kind::Office, 0.015),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Alone,
    Couple,
    Family,
    /// Father and son, or mother and daughter, of one name.
    Namesakes,
    Twins,
    Flatmates,
    Office,
}

/// Makes households one after the other and gives out what may belong to one person alone.
#[derive(Debug)]
pub(super) struct Town {
    seed: u64,
    households: usize,
    people: usize,
    phones: u64,
    /// Hashes of the mailboxes that are taken; 8 bytes each, asked and never listed.
    mailboxes: HashSet<u64>,
    cards: u64,
}

impl Town {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, households: 0, people: 0, phones: 0, mailboxes: HashSet::new(), cards: 0 }
    }

    /// The next household and the draws that go on with it.
    pub(super) fn next(&mut self) -> (Household, Draw) {
        self.households += 1;
        let mut draw = Draw::numbered(self.seed, "household", self.households as u64);
        let draw = &mut draw;
        let culture = CULTURES[draw.weighted(&CULTURES.map(|(_, share)| share))].0;
        let kind = KINDS[draw.weighted(&KINDS.map(|(_, share)| share))].0;
        let mut people = self.people(kind, culture, draw);
        self.share(kind, culture, &mut people, draw);
        for person in &mut people {
            self.live(person, draw);
        }
        let account = (kind == Kind::Office).then(|| format!("A{:06}", self.households));
        (Household { number: self.households, account, people }, draw.clone())
    }

    fn people(&mut self, kind: Kind, culture: &'static Culture, draw: &mut Draw) -> Vec<Person> {
        let family = family(culture, draw);
        let home = home(culture, draw);
        let birth = FIRST_NIGHT - draw.whole(24 * YEAR, 84 * YEAR);
        let mut head = self.person(culture, draw.chance(0.5), &family, birth, &home, draw);
        let mut people = Vec::new();
        match kind {
            Kind::Alone => {}
            Kind::Couple => people.push(self.partner(&head, draw)),
            Kind::Family => {
                let partner = self.partner(&head, draw);
                for _ in 0..=draw.below(2) {
                    people.push(self.child(&head, &partner, draw));
                }
                people.push(partner);
            }
            Kind::Namesakes => {
                let other = self.partner(&head, draw);
                let mut child = self.child(&head, &other, draw);
                child.is_woman = head.is_woman;
                child.first.clone_from(&head.first);
                people.push(child);
            }
            Kind::Twins => {
                let mut twin = self.person(culture, head.is_woman, &family, birth, &home, draw);
                // Twins who are called alike are common enough to matter: Ana and Alba.
                if twin.first == head.first {
                    twin.is_woman = !twin.is_woman;
                    twin.first = culture.given(twin.is_woman, draw);
                }
                people.push(twin);
            }
            Kind::Flatmates | Kind::Office => {
                let others =
                    if kind == Kind::Office { 2 + draw.below(9) } else { 1 + draw.below(3) };
                for _ in 0..others {
                    let birth = FIRST_NIGHT - draw.whole(20 * YEAR, 62 * YEAR);
                    let own = self::family(culture, draw);
                    people.push(self.person(culture, draw.chance(0.5), &own, birth, &home, draw));
                }
            }
        }
        if kind == Kind::Office {
            head.birth = FIRST_NIGHT - draw.whole(22 * YEAR, 64 * YEAR);
        }
        people.insert(0, head);
        people
    }

    fn person(
        &mut self,
        culture: &'static Culture,
        is_woman: bool,
        family: &str,
        birth: i32,
        home: &Home,
        draw: &mut Draw,
    ) -> Person {
        self.people += 1;
        let first = culture.given(is_woman, draw);
        Person {
            number: self.people,
            culture,
            is_woman,
            email: Timeline::new(draw.chance(0.86).then(|| self.mailbox(&first, family, draw))),
            phone: Timeline::new(draw.chance(0.94).then(|| self.mobile(culture, draw))),
            first,
            last: Timeline::new(family.to_owned()),
            birth,
            home: Timeline::new(home.clone()),
            cards: Vec::new(),
            tokens: Vec::new(),
            handle: None,
            is_prospect: draw.chance(0.1),
        }
    }

    fn partner(&mut self, head: &Person, draw: &mut Draw) -> Person {
        let culture = head.culture;
        let own = family(culture, draw);
        let birth = (head.birth + draw.whole(-6 * YEAR, 6 * YEAR)).min(FIRST_NIGHT - 20 * YEAR);
        let is_woman = if draw.chance(0.95) { !head.is_woman } else { head.is_woman };
        let Some(home) = head.home.at(i32::MIN).cloned() else { return head.clone() };
        let mut partner = self.person(culture, is_woman, &own, birth, &home, draw);
        // Who marries may take the other's name: before the opening for most, within it for some.
        if !culture.has_two_surnames && draw.chance(0.6) {
            let Some(married) = head.last.at(i32::MAX).cloned() else { return partner };
            let wedding = draw.whole(OPENING - 20 * YEAR, FIRST_NIGHT + 30);
            partner.last.change(wedding, married);
        }
        partner
    }

    fn child(&mut self, parent: &Person, other: &Person, draw: &mut Draw) -> Person {
        let culture = parent.culture;
        let first_surname = |person: &Person| {
            let last = person.last.at(i32::MIN).map_or("", String::as_str);
            last.split(' ').next().unwrap_or(last).to_owned()
        };
        let family = if culture.has_two_surnames {
            format!("{} {}", first_surname(parent), first_surname(other))
        } else {
            first_surname(parent)
        };
        let birth = (parent.birth + draw.whole(22 * YEAR, 38 * YEAR)).min(FIRST_NIGHT - 16 * YEAR);
        let home = parent.home.at(i32::MIN).cloned();
        let home = home.unwrap_or_else(|| self::home(culture, draw));
        let mut child = self.person(culture, draw.chance(0.5), &family, birth, &home, draw);
        if draw.chance(0.25) {
            child.home.change(draw.whole(OPENING, FIRST_NIGHT), self::home(culture, draw));
        }
        child
    }

    /// Lets people of one household use one mailbox, one landline, one payment card.
    fn share(&mut self, kind: Kind, culture: &Culture, people: &mut [Person], draw: &mut Draw) {
        let (mail, line, card) = match kind {
            Kind::Alone => (0.0, 0.0, 0.0),
            Kind::Couple | Kind::Family => (0.22, 0.4, 0.08),
            Kind::Namesakes | Kind::Twins => (0.25, 0.45, 0.05),
            Kind::Flatmates => (0.0, 0.25, 0.0),
            Kind::Office => (0.5, 0.8, 0.0),
        };
        let joint_mail = draw.chance(mail).then(|| {
            let family = people.first().and_then(|head| head.last.at(i32::MAX)).cloned();
            let name = if kind == Kind::Office { "info" } else { "familia" };
            self.mailbox(name, family.as_deref().unwrap_or_default(), draw)
        });
        let joint_line = draw.chance(line).then(|| self.landline(culture));
        let joint_card = draw.chance(card).then(|| self.token());
        for person in people {
            if let Some(mailbox) = &joint_mail
                && draw.chance(0.7)
            {
                person.email = Timeline::new(Some(mailbox.clone()));
            }
            if let Some(number) = &joint_line
                && draw.chance(0.6)
            {
                person.phone = Timeline::new(Some(number.clone()));
            }
            person.tokens.extend(joint_card.clone());
        }
    }

    /// What happens to a person over the years: moves, new numbers, new mailboxes.
    fn live(&mut self, person: &mut Person, draw: &mut Draw) {
        let culture = person.culture;
        let day = |draw: &mut Draw| draw.whole(OPENING, FIRST_NIGHT + 30);
        for _ in 0..draw.poisson(0.35) {
            person.home.change(day(draw), home(culture, draw));
        }
        if draw.chance(0.22) {
            let number = self.mobile(culture, draw);
            person.phone.change(day(draw), Some(number));
        }
        if draw.chance(0.2) {
            let family = person.last.at(FIRST_NIGHT).cloned().unwrap_or_default();
            let mailbox = self.mailbox(&person.first, &family, draw);
            person.email.change(day(draw), Some(mailbox));
        }
        for _ in 0..=usize::from(draw.chance(0.15)) {
            person.cards.push(self.card());
        }
        for _ in 0..=usize::from(draw.chance(0.3)) {
            person.tokens.push(self.token());
        }
        if draw.chance(0.2) {
            let platform = draw.pick(&["instagram", "x", "tiktok"]);
            let name = ascii(&person.first);
            person.handle = Some(format!("{platform}:@{name}_{}", person.number));
        }
    }

    fn mobile(&mut self, culture: &Culture, draw: &mut Draw) -> String {
        let nth = if self.phones > 100 && draw.chance(RECYCLED_SHARE) {
            draw.below(self.phones as usize) as u64
        } else {
            self.phones += 1;
            self.phones
        };
        (culture.first_phones.0 + scattered(nth)).to_string()
    }

    fn landline(&mut self, culture: &Culture) -> String {
        self.phones += 1;
        (culture.first_phones.1 + scattered(self.phones)).to_string()
    }

    fn card(&mut self) -> String {
        self.cards += 1;
        format!("7{:08}", scattered(self.cards) * 10 + self.cards % 7)
    }

    fn token(&mut self) -> String {
        self.cards += 1;
        format!("tk_{:08x}", (self.cards as u32).wrapping_mul(0x9e37_79b1))
    }

    /// A mailbox that nobody has yet.
    fn mailbox(&mut self, first: &str, last: &str, draw: &mut Draw) -> String {
        let first = ascii(first.split(' ').next().unwrap_or(first));
        let family = ascii(last.split(' ').next().unwrap_or(last));
        let initial = first.get(..1).unwrap_or("a");
        let number = draw.whole(1, 99);
        let mut name = match draw.below(8) {
            0 | 1 => format!("{first}.{family}"),
            2 | 3 => format!("{first}.{family}{number}"),
            4 => format!("{initial}{family}{number}"),
            5 => format!("{first}{}", draw.whole(1950, 2009)),
            6 => format!("{family}_{first}"),
            _ => format!("{}{}{}", draw.pick(&WORDS), draw.pick(&WORDS), draw.whole(1, 999)),
        };
        let domain = DOMAINS.get(draw.skewed(DOMAINS.len(), 1.5)).copied().unwrap_or("example.com");
        // Gmail gives out no name longer than 30 letters: nobody can have this address.
        let (tail, domain) = if draw.chance(0.08) {
            (".persona.inventada.de.muestra", "gmail.com")
        } else {
            ("", domain)
        };
        while !self.mailboxes.insert(Draw::fingerprint(&[&name, tail, domain])) {
            name.push_str(&draw.below(10).to_string());
        }
        format!("{name}{tail}@{domain}")
    }
}

/// Words of mailboxes that say nothing about a name.
const WORDS: [&str; 16] = [
    "sol", "luna", "mar", "rio", "blue", "star", "wolf", "tigre", "nube", "rock", "music", "verde",
    "gato", "fox", "happy", "sur",
];

/// Numbers in an order that does not show how they were given out; 6,180,339 has no factor in common
/// with ten million, so that none comes twice.
pub(super) fn scattered(nth: u64) -> u64 {
    (nth * 6_180_339 + 1_234_567) % PHONES
}

fn family(culture: &Culture, draw: &mut Draw) -> String {
    let first = culture.family(draw);
    if culture.has_two_surnames { format!("{first} {}", culture.family(draw)) } else { first }
}

fn home(culture: &Culture, draw: &mut Draw) -> Home {
    let (city, postal_code) = culture.city(draw);
    let (street, number) = (culture.street(draw), draw.whole(1, 140));
    let street = if culture.has_two_surnames {
        let floor = if draw.chance(0.5) {
            format!(", {}º {}", draw.whole(1, 8), draw.pick(&["A", "B", "C", "D"]))
        } else {
            String::new()
        };
        format!("{street} {number}{floor}")
    } else {
        format!("{number} {street}")
    };
    Home { street, postal_code, city }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn households(n: usize) -> Vec<Household> {
        let mut town = Town::new(5);
        (0..n).map(|_| town.next().0).collect()
    }

    #[test]
    fn households_share_mailboxes_and_lines_and_strangers_do_not() {
        let households = households(3_000);
        let mut holders: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for household in &households {
            for person in &household.people {
                if let Some(Some(mailbox)) = person.email.at(OPENING) {
                    holders.entry(mailbox.clone()).or_default().push(household.number);
                }
            }
        }
        assert!(holders.values().filter(|list| list.len() > 1).count() > 100);
        assert!(holders.values().all(|list| list.iter().all(|it| it == &list[0])));
    }

    #[test]
    fn there_are_namesakes_twins_marriages_moves_and_offices() {
        let households = households(3_000);
        let people = || households.iter().flat_map(|household| &household.people);
        let pairs = |same: fn(&Person, &Person) -> bool| {
            let has = |list: &[Person]| {
                list.iter().any(|a| list.iter().any(|b| a.number < b.number && same(a, b)))
            };
            households.iter().filter(|household| has(&household.people)).count()
        };
        let last = |person: &Person| person.last.at(i32::MIN).cloned();
        assert!(pairs(|a, b| a.birth == b.birth && a.first != b.first) > 30, "twins");
        assert!(
            pairs(|a, b| a.first == b.first && a.birth + 20 * YEAR < b.birth) > 60,
            "namesakes"
        );
        let married = people().filter(|p| p.last.at(FIRST_NIGHT).cloned() != last(p)).count();
        let moved = people().filter(|p| p.home.at(OPENING) != p.home.at(FIRST_NIGHT)).count();
        assert!(married > 50 && moved > 300, "{married} {moved}");
        assert!(households.iter().any(|household| household.account.is_some()));
    }

    #[test]
    fn a_scattered_number_comes_once() {
        let mut seen: Vec<u64> = (0..100_000).map(scattered).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 100_000);
    }
}
