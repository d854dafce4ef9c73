//! Who may be contacted, and who may not.

use super::calendar::DAYS;
use super::person::Person;
use super::record::Records;
use crate::draw::Draw;

/// Channels that consent speaks of, and the share of people asked about each.
const CHANNELS: [(&str, f64); 4] = [("email", 0.8), ("sms", 0.4), ("phone", 0.1), ("post", 0.1)];

/// What was stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Granted,
    Denied,
    Withdrawn,
}

/// One statement of one person.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) person: usize,
    pub(super) key: String,
    pub(super) channel: &'static str,
    pub(super) status: Status,
    pub(super) day: i32,
}

/// One party that must not be contacted.
#[derive(Debug, Clone)]
pub(super) struct Suppression {
    pub(super) person: usize,
    pub(super) reference: String,
    pub(super) channel: &'static str,
    pub(super) reason: &'static str,
    pub(super) day: i32,
}

/// Consents and suppressions.
#[derive(Debug)]
pub(super) struct Permissions {
    /// In order of day.
    pub(super) statements: Vec<Statement>,
    pub(super) suppressions: Vec<Suppression>,
}

impl Permissions {
    /// Who may be reached by a channel on a day; shape `(n_people,)`.
    pub(super) fn reachable(&self, n_people: usize, channel: &str, on: i32) -> Vec<bool> {
        let mut reachable = vec![false; n_people];
        let known = |day: i32, of: &str| day <= on && (of == channel || of == "all");
        for statement in self.statements.iter().filter(|it| known(it.day, it.channel)) {
            if let Some(person) = reachable.get_mut(statement.person) {
                *person = statement.status == Status::Granted;
            }
        }
        for suppression in self.suppressions.iter().filter(|it| known(it.day, it.channel)) {
            if let Some(person) = reachable.get_mut(suppression.person) {
                *person = false;
            }
        }
        reachable
    }
}

/// Asks people, some of whom change their mind.
pub(super) fn permissions(seed: u64, people: &[Person], records: &Records) -> Permissions {
    let mut draw = Draw::new(seed, "consent");
    let mut statements = Vec::new();
    let mut suppressions = Vec::new();
    for (index, (person, known)) in people.iter().zip(&records.known).enumerate() {
        let Some(key) = known.key() else { continue };
        let asked_on = (person.since - draw.whole(0, 20)).max(-1000);
        for (channel, share) in CHANNELS {
            if !draw.chance(share) {
                continue;
            }
            let mut day = asked_on;
            let mut state = |status, day| {
                let key = key.to_owned();
                statements.push(Statement { person: index, key, channel, status, day });
            };
            if !draw.chance(0.8) {
                state(Status::Denied, day);
                continue;
            }
            state(Status::Granted, day);
            for status in [Status::Withdrawn, Status::Granted] {
                // Two statements of one day would leave open which of them holds.
                if day + 1 >= DAYS || !draw.chance(0.12) {
                    break;
                }
                day = draw.whole(day.max(0) + 1, DAYS - 1);
                state(status, day);
            }
        }
        if draw.chance(0.014) {
            let by_email = known.by_email && draw.chance(0.5);
            suppressions.push(Suppression {
                person: index,
                reference: if by_email {
                    format!("email:{}", person.email)
                } else {
                    key.to_owned()
                },
                channel: if by_email { "email" } else { "all" },
                reason: if by_email {
                    draw.pick(&["bounce", "objection"])
                } else {
                    draw.pick(&["objection", "deceased", "employee", "legal"])
                },
                day: draw.whole(200, DAYS - 1),
            });
        }
    }
    statements.sort_by(|a, b| (a.day, &a.key, a.channel).cmp(&(b.day, &b.key, b.channel)));
    suppressions.sort_by(|a, b| (a.day, &a.reference).cmp(&(b.day, &b.reference)));
    Permissions { statements, suppressions }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(status: Status, day: i32) -> Statement {
        Statement { person: 0, key: "C00001".into(), channel: "email", status, day }
    }

    #[test]
    fn the_last_word_holds_and_a_suppression_outlasts_it() {
        let mut permissions = Permissions {
            statements: vec![
                statement(Status::Granted, 10),
                statement(Status::Withdrawn, 20),
                statement(Status::Granted, 30),
            ],
            suppressions: Vec::new(),
        };
        let reachable = |permissions: &Permissions, day| permissions.reachable(1, "email", day)[0];
        assert_eq!(
            [9, 10, 19, 20, 30].map(|day| reachable(&permissions, day)),
            [false, true, true, false, true]
        );
        permissions.suppressions.push(Suppression {
            person: 0,
            reference: "C00001".into(),
            channel: "all",
            reason: "objection",
            day: 25,
        });
        assert!(!reachable(&permissions, 30));
        assert!(!permissions.reachable(1, "sms", 30)[0]);
    }
}
