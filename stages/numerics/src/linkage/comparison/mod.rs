//! How two records are compared, column by column, into levels of agreement.

mod date;
mod levels;
mod text;

pub use levels::{ComparisonKind, Frequency, Level, MAX_LEVELS, NOT_COMPARABLE};

use super::error::LinkageError;
use super::field::FieldKind;
use super::pattern::{MAX_COMPARISONS, Pattern};
use super::pool::MISSING;
use super::records::Records;

/// One comparison: of what, under which name.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What is compared.
    pub kind: ComparisonKind,
    /// Name of the column; `name` for given and family name together.
    pub name: String,
    /// Columns that it looks at.
    pub columns: Vec<usize>,
    /// What is known of each value of the column beforehand: days, or mailboxes.
    prepared: Prepared,
}

#[derive(Debug, Clone)]
enum Prepared {
    Nothing,
    Days(Vec<Option<i32>>),
    Classes(Vec<u32>),
}

/// The comparisons that a table of records allows, in a fixed order.
#[derive(Debug, Clone)]
pub struct Comparisons {
    list: Vec<Comparison>,
}

impl Comparisons {
    /// Returns a comparison for each column that tells records apart.
    ///
    /// A column with less than two distinct values is left out.
    ///
    /// # Errors
    ///
    /// [`LinkageError::TooManyComparisons`] above [`MAX_COMPARISONS`].
    pub fn of(records: &Records) -> Result<Self, LinkageError> {
        let tells_apart = |column: usize| {
            let counts = records.columns().get(column).map(|column| &column.counts);
            counts.is_some_and(|counts| counts.iter().filter(|&&n| n > 0).count() > 1)
        };
        let of_kind = |kind| records.position_of_kind(kind).filter(|&column| tells_apart(column));
        let mut list = Vec::new();
        let mut add = |kind, name: &str, columns: Vec<usize>, prepared| {
            list.push(Comparison { kind, name: name.to_owned(), columns, prepared });
        };
        let names = (of_kind(FieldKind::FirstName), of_kind(FieldKind::LastName));
        if let (Some(first), Some(last)) = names {
            add(ComparisonKind::Name, "name", vec![first, last], Prepared::Nothing);
        }
        if let Some(last) = names.1 {
            let columns = [Some(last), names.0].into_iter().flatten().collect();
            add(ComparisonKind::LastNameAlone, "last_name", columns, Prepared::Nothing);
        }
        if let Some(first) = names.0 {
            let columns = [Some(first), names.1].into_iter().flatten().collect();
            add(ComparisonKind::FirstNameAlone, "first_name", columns, Prepared::Nothing);
        }
        let address = (of_kind(FieldKind::PostalCode), of_kind(FieldKind::Street));
        if let (Some(code), Some(street)) = address {
            let prepared = Prepared::Classes(classes(records, code, area));
            add(ComparisonKind::Address, "address", vec![code, street], prepared);
        }
        for (position, column) in records.columns().iter().enumerate() {
            if let Some(kind) = kind_of(column.field.kind).filter(|_| tells_apart(position)) {
                let values = &column.values;
                let prepared = match kind {
                    ComparisonKind::BirthDate => {
                        Prepared::Days(values.values().map(date::day_number).collect())
                    }
                    ComparisonKind::Email => Prepared::Classes(classes(records, position, mailbox)),
                    ComparisonKind::PostalCode => {
                        Prepared::Classes(classes(records, position, area))
                    }
                    _ => Prepared::Nothing,
                };
                let others = match kind {
                    ComparisonKind::PostalCode => [address.1, None],
                    ComparisonKind::Street | ComparisonKind::City => [address.0, None],
                    _ => [None; 2],
                };
                let columns = [Some(position)].into_iter().chain(others).flatten().collect();
                add(kind, &column.field.name, columns, prepared);
                if let (ComparisonKind::City, Some(code)) = (kind, address.0) {
                    let name = format!("{} of one postal code", column.field.name);
                    let columns = vec![position, code];
                    add(ComparisonKind::CityOfOneCode, &name, columns, Prepared::Nothing);
                }
            }
        }
        if list.len() > MAX_COMPARISONS {
            return Err(LinkageError::TooManyComparisons {
                found: list.len(),
                most: MAX_COMPARISONS,
            });
        }
        Ok(Self { list })
    }

    /// The comparisons, in the order of a pattern.
    pub fn list(&self) -> &[Comparison] {
        &self.list
    }

    /// The levels of a pair of records.
    pub fn pattern(&self, records: &Records, a: u32, b: u32) -> Pattern {
        let (a, b) = (records.cells(a), records.cells(b));
        let mut pattern = Pattern::default();
        for (position, comparison) in self.list.iter().enumerate() {
            pattern.set(position, comparison.level(records, a, b));
        }
        pattern
    }
}

fn kind_of(kind: FieldKind) -> Option<ComparisonKind> {
    match kind {
        FieldKind::FirstName | FieldKind::LastName => None,
        FieldKind::BirthDate => Some(ComparisonKind::BirthDate),
        FieldKind::Email => Some(ComparisonKind::Email),
        FieldKind::Phone => Some(ComparisonKind::Phone),
        FieldKind::PostalCode => Some(ComparisonKind::PostalCode),
        FieldKind::Street => Some(ComparisonKind::Street),
        FieldKind::City => Some(ComparisonKind::City),
        FieldKind::Identifier => Some(ComparisonKind::Identifier),
        FieldKind::Category => Some(ComparisonKind::Category),
    }
}

fn classes(records: &Records, column: usize, part: fn(&str) -> &str) -> Vec<u32> {
    records.columns().get(column).map_or_else(Vec::new, |column| column.values.classes(part))
}

/// The first three characters of a postal code: a district in most countries.
fn area(code: &str) -> &str {
    super::pool::prefix(code, 3)
}

/// Whether two values are at most one edit apart.
pub(super) fn is_one_edit(a: &str, b: &str) -> bool {
    a == b || text::edits(a, b, 1).is_some()
}

fn mailbox(email: &str) -> &str {
    email.split_once('@').map_or("", |(mailbox, _)| mailbox)
}

/// Whether two streets are alike but for the numbers before and after them.
fn is_one_street(a: &str, b: &str) -> bool {
    let (a, b) = (street_name(a), street_name(b));
    !a.is_empty() && !b.is_empty() && text::is_alike(a, b, 0.90)
}

fn street_name(street: &str) -> &str {
    street.trim_matches(|c: char| !c.is_alphabetic())
}

impl Comparison {
    /// The level of a pair of records, given by their cells; 0 where they are not comparable.
    pub fn level(&self, records: &Records, a: &[u32], b: &[u32]) -> u8 {
        let cell = |place: usize| {
            let column = self.columns.get(place).copied().unwrap_or(usize::MAX);
            let of = |cells: &[u32]| cells.get(column).copied().unwrap_or(MISSING);
            (of(a), of(b))
        };
        let first = cell(0);
        if first.0 == MISSING || first.1 == MISSING {
            return NOT_COMPARABLE;
        }
        match self.kind {
            ComparisonKind::Name => match cell(1) {
                (MISSING, _) | (_, MISSING) => NOT_COMPARABLE,
                second => self.name_level(records, first, second),
            },
            ComparisonKind::Address => match cell(1) {
                (MISSING, _) | (_, MISSING) => NOT_COMPARABLE,
                street => self.address_level(records, first, street),
            },
            ComparisonKind::LastNameAlone
            | ComparisonKind::FirstNameAlone
            | ComparisonKind::PostalCode
            | ComparisonKind::Street => {
                let (a, b) = cell(1);
                if a != MISSING && b != MISSING { NOT_COMPARABLE } else { self.own(records, first) }
            }
            ComparisonKind::City | ComparisonKind::CityOfOneCode => {
                let (a, b) = cell(1);
                let is_one_code = a == b && a != MISSING;
                if is_one_code == (self.kind == ComparisonKind::CityOfOneCode) {
                    self.own(records, first)
                } else {
                    NOT_COMPARABLE
                }
            }
            _ => self.own(records, first),
        }
    }

    /// The level of two values of the first column, both there, whatever the others say.
    pub(super) fn own(&self, records: &Records, (a, b): (u32, u32)) -> u8 {
        if a == b {
            return 1;
        }
        let Some(column) = self.columns.first().and_then(|&c| records.columns().get(c)) else {
            return NOT_COMPARABLE;
        };
        let text = || (column.values.value(a), column.values.value(b));
        match self.kind {
            ComparisonKind::Name | ComparisonKind::Address => NOT_COMPARABLE,
            ComparisonKind::LastNameAlone | ComparisonKind::FirstNameAlone => {
                let (a, b) = text();
                if text::is_alike(a, b, 0.88) { 2 } else { 3 }
            }
            ComparisonKind::BirthDate => self.date_level((a, b), text()),
            ComparisonKind::Email => {
                if self.is_one_class(a, b) {
                    2
                } else {
                    3
                }
            }
            ComparisonKind::Phone | ComparisonKind::Identifier => {
                let (a, b) = text();
                if text::edits(a, b, 1).is_some() { 2 } else { 3 }
            }
            ComparisonKind::PostalCode => {
                let (x, y) = text();
                if text::edits(x, y, 1).is_some() {
                    2
                } else if self.is_one_class(a, b) {
                    3
                } else {
                    4
                }
            }
            ComparisonKind::Street => {
                let (a, b) = text();
                if text::is_alike(a, b, 0.90) {
                    2
                } else if is_one_street(a, b) {
                    3
                } else {
                    4
                }
            }
            ComparisonKind::City | ComparisonKind::CityOfOneCode => {
                let (a, b) = text();
                if text::is_alike(a, b, 0.90) { 2 } else { 3 }
            }
            ComparisonKind::Category => 2,
        }
    }

    fn is_one_class(&self, a: u32, b: u32) -> bool {
        let Prepared::Classes(classes) = &self.prepared else { return false };
        let class = |number: u32| classes.get(number as usize).filter(|&&class| class != MISSING);
        class(a).is_some() && class(a) == class(b)
    }

    fn date_level(&self, (a, b): (u32, u32), (text_a, text_b): (&str, &str)) -> u8 {
        match text::edits(text_a, text_b, 2) {
            Some(0 | 1) => return 2,
            Some(_) => return 3,
            None => {}
        }
        let Prepared::Days(days) = &self.prepared else { return 6 };
        let day = |number: u32| days.get(number as usize).copied().flatten();
        match (day(a), day(b)) {
            (Some(a), Some(b)) if a.abs_diff(b) <= 366 => 4,
            (Some(a), Some(b)) if a.abs_diff(b) <= 3_653 => 5,
            _ => 6,
        }
    }

    fn address_level(&self, records: &Records, code: (u32, u32), street: (u32, u32)) -> u8 {
        let text = |place: usize, number: u32| {
            let column = self.columns.get(place).and_then(|&c| records.columns().get(c));
            column.map_or("", |column| column.values.value(number))
        };
        let streets = || (text(1, street.0), text(1, street.1));
        let are_alike = || {
            let (a, b) = streets();
            text::is_alike(a, b, 0.90) || is_one_street(a, b)
        };
        let are_near = || {
            self.is_one_class(code.0, code.1)
                || text::edits(text(0, code.0), text(0, code.1), 1).is_some()
        };
        match (code.0 == code.1, street.0 == street.1) {
            (true, true) => 1,
            (true, false) => {
                if are_alike() {
                    2
                } else {
                    7
                }
            }
            (false, true) => {
                if are_near() {
                    3
                } else {
                    5
                }
            }
            (false, false) => match (are_near(), are_alike()) {
                (true, true) => 4,
                (false, true) => 6,
                (true, false) => 8,
                (false, false) => 9,
            },
        }
    }

    fn name_level(&self, records: &Records, first: (u32, u32), last: (u32, u32)) -> u8 {
        let (same_first, same_last) = (first.0 == first.1, last.0 == last.1);
        if same_first && same_last {
            return 1;
        }
        let text = |place: usize, number: u32| {
            let column = self.columns.get(place).and_then(|&c| records.columns().get(c));
            column.map_or("", |column| column.values.value(number))
        };
        let (first_a, first_b) = (text(0, first.0), text(0, first.1));
        let (last_a, last_b) = (text(1, last.0), text(1, last.1));
        let alike = |is_same: bool, a: &str, b: &str, least: f64| {
            if is_same { 1.0 } else { text::likeness(a, b, least) }
        };
        let of_last = alike(same_last, last_a, last_b, 0.88);
        let least = if of_last > 0.0 { 0.70 } else { 0.88 };
        let of_first = alike(same_first, first_a, first_b, least);
        match (of_first, of_last) {
            (f, l) if f >= 0.92 && l >= 0.92 => 3,
            (f, l) if f >= 0.88 && l >= 0.88 => 4,
            (f, l) if f >= 0.70 && l >= 0.88 => 5,
            _ if same_last => 6,
            _ if same_first => 7,
            _ if text::is_alike(first_a, last_b, 0.88) && text::is_alike(last_a, first_b, 0.88) => {
                2
            }
            (f, l) if f >= 0.88 || l >= 0.88 => 8,
            _ => 9,
        }
    }
}

#[cfg(test)]
mod tests;
