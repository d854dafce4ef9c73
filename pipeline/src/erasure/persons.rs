//! Who is to be erased: the ids and references of each person in the published nights.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow_array::Array;
use idip_identify::normalise::Kind;
use idip_store::Night;

use super::ErasedParties;
use super::published::{each_batch, ids, record, references, texts};
use super::request::{Wanted, refuse};
use super::spelling::as_written;
use crate::RunError;

/// People to be erased.
#[derive(Debug, Default)]
pub(super) struct Persons {
    /// Every id they had, each with the reason.
    pub(super) customers: BTreeMap<i64, &'static str>,
    /// Their references, those that no published night knows among them.
    pub(super) references: BTreeSet<String>,
    /// References as they are put on the list.
    pub(super) spellings: BTreeSet<String>,
    /// References that no published night knows.
    pub(super) n_unknown: usize,
    /// People among them: ids in force, or the last ones they had.
    pub(super) n_people: usize,
    /// Lines that name somebody who was erased before.
    pub(super) n_before: usize,
}

/// What became of an id, as the night in force has it.
struct Current {
    customer_of: BTreeMap<String, i64>,
    in_force: BTreeSet<i64>,
    /// The id that stands for each other id; none when there is none.
    stands_for: BTreeMap<i64, Option<i64>>,
}

impl Current {
    fn read(night: &Night) -> Result<Self, RunError> {
        let customer_of: BTreeMap<String, i64> =
            references(night, "identity_map")?.into_iter().collect();
        let in_force = customer_of.values().copied().collect();
        let mut stands_for = BTreeMap::new();
        if let Some(table) = record(night, "customer_id_map") {
            each_batch(
                night,
                table,
                Some(&["customer_id", "current_customer_id"]),
                &mut |batch| {
                    if let (Some(old), Some(now)) =
                        (ids(&batch, "customer_id"), ids(&batch, "current_customer_id"))
                    {
                        stands_for.extend(old.values().iter().copied().zip(now.iter()));
                    }
                    Ok(())
                },
            )?;
        }
        Ok(Self { customer_of, in_force, stands_for })
    }

    /// The id under which a person is to be found now, or was last.
    fn follow(&self, id: i64) -> Option<i64> {
        if self.in_force.contains(&id) {
            return Some(id);
        }
        self.stands_for.get(&id).map(|current| current.unwrap_or(id))
    }

    /// Whether a night has a reference of this person that is nobody else's now.
    fn has_reference(&self, id: i64, maps: &[Vec<(String, i64)>]) -> bool {
        let is_theirs = |it: i64| it == id || self.stands_for.get(&it) == Some(&Some(id));
        let mut former = maps.iter().flatten();
        self.in_force.contains(&id)
            || former.any(|(name, it)| is_theirs(*it) && !self.customer_of.contains_key(name))
    }

    /// The customer in force that alone has an identifier, whatever its spelling.
    fn holder_of(&self, party_ref: &str, erased: &ErasedParties) -> Option<i64> {
        let form = erased.as_compared(party_ref)?;
        let same = self
            .customer_of
            .iter()
            .filter(|(name, _)| erased.as_compared(name).is_some_and(|it| it == form));
        let holders: BTreeSet<i64> = same.map(|(_, id)| *id).collect();
        holders.first().copied().filter(|_| holders.len() == 1)
    }
}

/// Finds the people of a request. `nights` are the published ones, oldest first.
///
/// A reference that the night in force gives to somebody else is not theirs any more. An identifier that
/// nobody holds but they, as `email:…` of another feed, is. A reference that no night knows is put on the
/// list as it is.
///
/// # Errors
///
/// Lines with an id that nobody ever had, with an id alone of which no reference is known, with an address
/// that is no reference, or of two people.
pub(super) fn find(
    path: &Path,
    wanted: &[Wanted],
    nights: &[Night],
    erased: &ErasedParties,
) -> Result<Persons, RunError> {
    let mut persons = Persons::default();
    let Some((now, earlier)) = nights.split_last() else { return Ok(persons) };
    let current = Current::read(now)?;
    let mut maps = Vec::new();
    for night in earlier {
        maps.push(references(night, "identity_map")?);
        maps.push(references(night, "departed_reference")?);
    }
    maps.push(references(now, "departed_reference")?);
    let by_key = |party_ref: &str| -> Option<i64> {
        let tonight = current.customer_of.get(party_ref).copied();
        tonight
            .or_else(|| {
                let found = maps.iter().rev().find_map(|map| {
                    map.iter().find(|(name, _)| name == party_ref).map(|(_, id)| *id)
                });
                found.and_then(|id| current.follow(id))
            })
            .or_else(|| current.holder_of(party_ref, erased))
    };
    let mut problems = Vec::new();
    let mut asked = BTreeSet::new();
    let mut unknown = BTreeSet::new();
    for line in wanted {
        let is_spent = line.customer_id.is_none_or(|id| erased.has_customer(id));
        if is_spent && line.party_ref.as_ref().is_none_or(|name| erased.has(name)) {
            persons.n_before += 1;
            continue;
        }
        let by_id = line
            .customer_id
            .map(|id| current.follow(id).or_else(|| erased.has_customer(id).then_some(id)));
        let by_key = line.party_ref.as_deref().and_then(by_key);
        match (by_id, by_key) {
            (Some(None), _) => problems
                .push((line.line, "has a `customer_id` that no published night knows".to_owned())),
            (Some(Some(a)), Some(b)) if a != b => problems.push((
                line.line,
                "has a `customer_id` and a `party_ref` of two customers".to_owned(),
            )),
            (Some(Some(id)), _)
                if line.party_ref.is_none() && !current.has_reference(id, &maps) =>
            {
                problems.push((
                    line.line,
                    "has a `customer_id` of which no kept night has a reference, so that its rows \
                     could not be left out of feeds: write a `party_ref` of the person beside it"
                        .to_owned(),
                ));
            }
            (Some(Some(id)), _) | (None, Some(id)) => {
                if !erased.has_customer(id) {
                    persons.customers.entry(id).or_insert(line.reason);
                }
            }
            (None, None) if line.party_ref.as_deref().is_some_and(is_identifier) => problems
                .push((
                line.line,
                "has a `party_ref` that is an address or a card and no key of a record: write the \
                 `customer_id` of who has it, as `golden_customer` tells"
                    .to_owned(),
            )),
            (None, None) => {}
        }
        asked.extend(line.party_ref.as_ref());
        let is_new = |name: &&String| by_key.is_none() && !erased.has(name);
        unknown.extend(line.party_ref.as_ref().filter(is_new));
    }
    refuse(path, problems)?;
    persons.n_people = persons.customers.len();
    persons.add_former_ids(&current);
    persons.add_references(now, &current, &maps)?;
    persons.n_unknown = unknown.len();
    persons.references.extend(asked.into_iter().cloned());
    persons.spell(&current, &maps, erased);
    Ok(persons)
}

/// Whether a reference is an identifier, or an e-mail address without saying so.
fn is_identifier(party_ref: &str) -> bool {
    Kind::of_reference(party_ref).is_some() || party_ref.contains('@')
}

impl Persons {
    /// Adds the ids that were merged into theirs.
    fn add_former_ids(&mut self, current: &Current) {
        let former: Vec<(i64, &'static str)> = current
            .stands_for
            .iter()
            .filter_map(|(old, now)| Some((*old, *self.customers.get(&(*now)?)?)))
            .collect();
        for (id, reason) in former {
            self.customers.entry(id).or_insert(reason);
        }
    }

    fn add_references(
        &mut self,
        now: &Night,
        current: &Current,
        maps: &[Vec<(String, i64)>],
    ) -> Result<(), RunError> {
        let tonight = current.customer_of.iter();
        let own = tonight.filter(|(_, id)| self.customers.contains_key(*id));
        let former = maps.iter().flatten().filter(|(name, id)| {
            self.customers.contains_key(id) && !current.customer_of.contains_key(name)
        });
        let own = own.map(|(name, _)| name).chain(former.map(|(name, _)| name));
        self.references = own.cloned().collect();
        self.add_identifiers(now, current)
    }

    /// Writes the references as they are hashed.
    ///
    /// In the form in which Identify compares them, unless somebody else is known by the same: whom
    /// Identify kept apart is not erased.
    fn spell(&mut self, current: &Current, maps: &[Vec<(String, i64)>], erased: &ErasedParties) {
        let former = maps.iter().flatten().map(|(name, _)| name);
        let others = current.customer_of.keys().chain(former);
        let others = others.filter(|name| !self.references.contains(*name));
        let others: BTreeSet<String> = others.filter_map(|it| erased.as_compared(it)).collect();
        for name in &self.references {
            self.spellings.insert(as_written(name).into_owned());
            let form = erased.as_compared(name).filter(|form| !others.contains(form));
            self.spellings.extend(form);
        }
    }

    /// Adds references that are identifiers nobody else holds, where they are a customer of their own.
    fn add_identifiers(&mut self, now: &Night, current: &Current) -> Result<(), RunError> {
        let mut holders: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (name, id) in references(now, "identifier_holder")? {
            holders.entry(name).or_default().push(id);
        }
        let reason_of = |ids: &[i64]| {
            let all = ids.iter().all(|id| self.customers.contains_key(id));
            ids.first().filter(|_| all).and_then(|id| self.customers.get(id)).copied()
        };
        let held: BTreeMap<String, &'static str> =
            holders.into_iter().filter_map(|(name, ids)| Some((name, reason_of(&ids)?))).collect();
        let mut members: BTreeMap<i64, Vec<&String>> = BTreeMap::new();
        for (name, id) in &current.customer_of {
            members.entry(*id).or_default().push(name);
        }
        for (id, names) in members {
            let reasons: Option<Vec<_>> = names.iter().map(|name| held.get(*name)).collect();
            if let Some(reason) = reasons.and_then(|reasons| reasons.first().copied()) {
                self.customers.entry(id).or_insert(reason);
                self.references.extend(names.into_iter().cloned());
            }
        }
        Ok(())
    }
}

/// The ids of a night that had an erased reference: what is told of them was made from it.
pub(super) fn touched(night: &Night, erased: &ErasedParties) -> Result<BTreeSet<i64>, RunError> {
    let mut touched = BTreeSet::new();
    let Some(table) = record(night, "identity_map") else { return Ok(touched) };
    each_batch(night, table, Some(&["party_ref", "customer_id"]), &mut |batch| {
        if let (Some(names), Some(ids)) = (texts(&batch, "party_ref"), ids(&batch, "customer_id")) {
            let rows = (0..names.len()).filter(|&row| erased.has(names.value(row)));
            touched.extend(rows.map(|row| ids.value(row)));
        }
        Ok(())
    })?;
    Ok(touched)
}

/// The accounts that the golden records of a night give to some customers.
pub(super) fn accounts(
    night: &Night,
    customers: &BTreeSet<i64>,
) -> Result<BTreeSet<String>, RunError> {
    let mut accounts = BTreeSet::new();
    let Some(table) = record(night, "golden_customer") else { return Ok(accounts) };
    each_batch(night, table, Some(&["customer_id", "account_id"]), &mut |batch| {
        if let (Some(ids), Some(names)) = (ids(&batch, "customer_id"), texts(&batch, "account_id"))
        {
            let of_them = names.iter().zip(ids.values()).filter(|(_, id)| customers.contains(id));
            accounts.extend(of_them.filter_map(|(name, _)| name.map(str::to_owned)));
        }
        Ok(())
    })?;
    Ok(accounts)
}

#[cfg(test)]
mod tests {
    use idip_identify::Params;
    use idip_store::Store;

    use super::*;

    #[test]
    fn another_spelling_is_theirs_unless_somebody_else_is_known_by_it() {
        let folder = tempfile::tempdir().unwrap();
        let list = Store::open(folder.path()).unwrap().erasures().unwrap();
        let nobody = ErasedParties::new(list.clone(), &Params::default());
        let named = |names: &[(&str, i64)]| {
            names.iter().map(|(name, id)| ((*name).to_owned(), *id)).collect::<Vec<_>>()
        };
        let current = Current {
            customer_of: named(&[
                ("email:an.a@gmail.com", 1),
                ("email:luz@gmail.com", 1),
                ("email:ana@gmail.com", 2),
            ])
            .into_iter()
            .collect(),
            in_force: BTreeSet::from([1, 2]),
            stands_for: BTreeMap::new(),
        };
        let mut persons = Persons::default();
        persons
            .references
            .extend(["email:an.a@gmail.com", "email:luz@gmail.com"].map(String::from));
        persons.spell(&current, &[], &nobody);
        let mut list = list;
        list.add(persons.spellings.iter().map(String::as_str), []);
        let erased = ErasedParties::new(list, &Params::default());
        assert!(erased.has("email:An.A@gmail.com") && erased.has("email:L.u.z@gmail.com"));
        assert!(!erased.has("email:ana@gmail.com"), "Identify kept them apart");

        assert_eq!(current.holder_of("email:l.uz@gmail.com", &nobody), Some(1));
        assert_eq!(current.holder_of("email:a.na@gmail.com", &nobody), None, "two have it");
        let gone = [named(&[("S1", 7), ("email:luz@gmail.com", 8)])];
        assert!(current.has_reference(7, &gone));
        assert!(!current.has_reference(8, &gone), "it is somebody else's now");
    }
}
