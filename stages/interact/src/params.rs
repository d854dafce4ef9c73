//! Settings of the stage, as the project file writes them under `interact:`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the Interact stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Channels, the one to use first at the top; default `email`, then `sms`.
    pub channels: Vec<Channel>,
    /// Purpose of the contacts: statements of consent for it or for `all` count; default
    /// `marketing`.
    pub purpose: String,
    /// What holds for a party and channel about which nothing was stated; default `deny`.
    pub unknown_consent: UnknownConsent,
    /// Parties that are never contacted, so that the worth of contacting can be measured.
    pub control: ControlGroup,
    /// Most contacts in any window of days; all of them hold; default 4 in 28 days.
    pub caps: Vec<Cap>,
    /// Fewest days between two contacts of a party by whatever channel, 1 to 3650; default 7.
    pub min_gap_days: u32,
    /// Who may be contacted, as SQL over the `customer` table; default everybody.
    pub audience: Option<String>,
    /// Days from the logical date to the day of the contact, 0 to 365; default 1.
    pub lead_days: u32,
    /// Contacts that the response rate of a channel is worth beside a party's own history with
    /// it, 0 and up; default 20.
    pub channel_shrinkage: f64,
    /// Days behind the reasons of a contact.
    pub lifecycle: Lifecycle,
}

/// A way to reach a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Name, as the feeds write it: lower-case letters, digits and `_`; not `all` or `unknown`.
    pub name: String,
    /// Address a party must have.
    pub address: Address,
    /// Most contacts a day; default no limit.
    #[serde(default)]
    pub daily_capacity: Option<u32>,
    /// Days of the week on which it sends; default every day.
    #[serde(default)]
    pub weekdays: Vec<Weekday>,
    /// Days from the logical date to the day of the contact, 0 to 365; default the stage's.
    #[serde(default)]
    pub lead_days: Option<u32>,
}

/// Address that a channel needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Address {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A street with a postal code or a city.
    Postal,
    /// A name on a social platform.
    Handle,
    /// None: the party is met where it comes by itself, as in a store.
    None,
}

impl Address {
    /// The word for it in tables and in the project file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Postal => "postal",
            Self::Handle => "handle",
            Self::None => "none",
        }
    }
}

/// A day of the week.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// What holds where nothing was stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnknownConsent {
    /// No contact.
    #[default]
    Deny,
    /// Contact, for projects with another legal ground than consent.
    Allow,
}

/// The universal control group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ControlGroup {
    /// Share of the parties in it, 0 to 0.5, to a hundredth of a percent; default 0.05.
    pub share: f64,
    /// Text that draws the group; another one draws another group; default `control 1`.
    pub salt: String,
}

/// Most contacts of one party in a sliding window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// Contacts, 1 to 10,000.
    pub max_contacts: u32,
    /// Length of the window in days, 1 to 3650; it holds for every such window, not for calendar
    /// weeks or months.
    pub window_days: u32,
    /// Channel whose contacts it counts; default all of them together.
    #[serde(default)]
    pub channel: Option<String>,
}

/// Days behind the reasons of a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lifecycle {
    /// A party without purchases is welcomed for this many days from when it was first seen, 0 to
    /// 3650; default 30.
    pub welcome_days: u32,
    /// A customer whose last purchase is longer ago is won back, 1 to 3650; default 180.
    pub win_back_after_days: u32,
    /// A customer is late after this many of its own median days between purchases, above 0, to
    /// 100; default 2.
    pub late_after_medians: f64,
    /// A customer who is on pace but silent for longer is reconnected, 1 to 3650; default 90.
    pub reconnect_after_days: u32,
}

impl Default for Params {
    fn default() -> Self {
        let channel = |name: &str, address| Channel {
            name: name.to_owned(),
            address,
            daily_capacity: None,
            weekdays: Vec::new(),
            lead_days: None,
        };
        Self {
            channels: vec![channel("email", Address::Email), channel("sms", Address::Phone)],
            purpose: "marketing".to_owned(),
            unknown_consent: UnknownConsent::Deny,
            control: ControlGroup::default(),
            caps: vec![Cap { max_contacts: 4, window_days: 28, channel: None }],
            min_gap_days: 7,
            audience: None,
            lead_days: 1,
            channel_shrinkage: 20.0,
            lifecycle: Lifecycle::default(),
        }
    }
}

impl Default for ControlGroup {
    fn default() -> Self {
        Self { share: 0.05, salt: "control 1".to_owned() }
    }
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            welcome_days: 30,
            win_back_after_days: 180,
            late_after_medians: 2.0,
            reconnect_after_days: 90,
        }
    }
}

/// Longest window, gap or delay that makes sense, in days: ten years.
const MAX_DAYS: u32 = 3_650;
/// Longest lead, in days.
const MAX_LEAD_DAYS: u32 = 365;
/// Most channels of a project.
pub(crate) const MAX_CHANNELS: usize = 64;
/// Most contacts that a cap may name.
const MAX_CONTACTS: u32 = 10_000;

impl Params {
    /// Returns every value that makes no sense: where it is, and what is wrong with it.
    pub fn check(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        self.check_channels(&mut problems);
        self.check_caps(&mut problems);
        let mut days = |field: &str, found: u32, min: u32, max: u32| {
            if found < min || max < found {
                problems.push((
                    field.to_owned(),
                    format!("expected {min} to {max} days, found {found}"),
                ));
            }
        };
        days("min_gap_days", self.min_gap_days, 1, MAX_DAYS);
        days("lead_days", self.lead_days, 0, MAX_LEAD_DAYS);
        let lifecycle = &self.lifecycle;
        days("lifecycle.welcome_days", lifecycle.welcome_days, 0, MAX_DAYS);
        days("lifecycle.win_back_after_days", lifecycle.win_back_after_days, 1, MAX_DAYS);
        days("lifecycle.reconnect_after_days", lifecycle.reconnect_after_days, 1, MAX_DAYS);
        let late = lifecycle.late_after_medians;
        if !(late > 0.0 && late <= 100.0) {
            problems.push((
                "lifecycle.late_after_medians".to_owned(),
                format!("expected a number above 0, at most 100, found {late}"),
            ));
        }
        if !(self.channel_shrinkage.is_finite() && self.channel_shrinkage >= 0.0) {
            problems.push((
                "channel_shrinkage".to_owned(),
                format!(
                    "expected a number of contacts, 0 or more, found {}",
                    self.channel_shrinkage
                ),
            ));
        }
        let share = self.control.share;
        if !(0.0..=0.5).contains(&share) {
            problems.push((
                "control.share".to_owned(),
                format!("expected a share from 0 to 0.5, found {share}"),
            ));
        }
        if self.purpose.trim().is_empty() {
            problems.push(("purpose".to_owned(), "expected the name of a purpose".to_owned()));
        }
        if self.audience.as_ref().is_some_and(|predicate| predicate.trim().is_empty()) {
            problems.push((
                "audience".to_owned(),
                "expected an SQL condition; leave it out for everybody".to_owned(),
            ));
        }
        problems
    }

    fn check_channels(&self, problems: &mut Vec<(String, String)>) {
        if self.channels.len() > MAX_CHANNELS {
            problems.push((
                "channels".to_owned(),
                format!("expected at most {MAX_CHANNELS}, found {}", self.channels.len()),
            ));
        }
        let mut seen = BTreeSet::new();
        for (i, channel) in self.channels.iter().enumerate() {
            let name = channel.name.as_str();
            let well_formed = !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !well_formed || name == "all" || name == "unknown" {
                problems.push((
                    format!("channels[{i}].name"),
                    format!(
                        "expected lower-case letters, digits and `_`, and not `all` or `unknown`, \
                         found `{name}`"
                    ),
                ));
            }
            if !seen.insert(name) {
                problems.push((format!("channels[{i}].name"), format!("`{name}` is there twice")));
            }
            if channel.lead_days.is_some_and(|days| days > MAX_LEAD_DAYS) {
                problems.push((
                    format!("channels[{i}].lead_days"),
                    format!("expected 0 to {MAX_LEAD_DAYS} days"),
                ));
            }
        }
    }

    fn check_caps(&self, problems: &mut Vec<(String, String)>) {
        for (i, cap) in self.caps.iter().enumerate() {
            if !(1..=MAX_CONTACTS).contains(&cap.max_contacts) {
                problems.push((
                    format!("caps[{i}].max_contacts"),
                    format!("expected 1 to {MAX_CONTACTS}, found {}", cap.max_contacts),
                ));
            }
            if !(1..=MAX_DAYS).contains(&cap.window_days) {
                problems.push((
                    format!("caps[{i}].window_days"),
                    format!("expected 1 to {MAX_DAYS} days, found {}", cap.window_days),
                ));
            }
            let named = cap.channel.as_deref();
            if let Some(name) = named.filter(|n| self.channels.iter().all(|c| c.name != *n)) {
                problems.push((
                    format!("caps[{i}].channel"),
                    format!("`{name}` is not among the channels"),
                ));
            }
        }
    }

    /// Days for which a contact can still count against a cap or a gap, at least one.
    pub(crate) fn memory_days(&self) -> u32 {
        let windows = self.caps.iter().map(|cap| cap.window_days);
        windows.chain([self.min_gap_days, 1]).max().unwrap_or(1).min(MAX_DAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_problem_and_deny_what_is_unknown() {
        assert_eq!(Params::default().check(), []);
        assert_eq!(Params::default().unknown_consent, UnknownConsent::Deny);
    }

    #[test]
    fn every_bad_value_is_named_at_once() {
        let mut params = Params {
            caps: vec![Cap { max_contacts: 0, window_days: 4_000, channel: Some("fax".into()) }],
            min_gap_days: 4_000,
            lead_days: 366,
            channel_shrinkage: f64::NAN,
            purpose: " ".into(),
            audience: Some(String::new()),
            ..Params::default()
        };
        params.control.share = 0.6;
        params.lifecycle.late_after_medians = 0.0;
        params.channels[0].name = "E-Mail".into();
        params.channels[1].name = "all".into();
        params.channels.push(params.channels[1].clone());

        let fields: Vec<String> = params.check().into_iter().map(|(field, _)| field).collect();
        assert_eq!(
            fields,
            [
                "channels[0].name",
                "channels[1].name",
                "channels[2].name",
                "channels[2].name",
                "caps[0].max_contacts",
                "caps[0].window_days",
                "caps[0].channel",
                "min_gap_days",
                "lead_days",
                "lifecycle.late_after_medians",
                "channel_shrinkage",
                "control.share",
                "purpose",
                "audience",
            ]
        );
    }

    #[test]
    fn history_is_kept_for_the_longest_window_or_gap() {
        let mut params = Params { min_gap_days: 40, ..Params::default() };
        assert_eq!(params.memory_days(), 40);
        params.caps.push(Cap { max_contacts: 1, window_days: 90, channel: None });
        assert_eq!(params.memory_days(), 90);
    }
}
