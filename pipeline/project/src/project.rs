//! The whole project file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Export, Feed, Offer};

/// A project: what comes in, how it is understood, what goes out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "`project` is the key in the file")]
pub struct Project {
    /// Name, for the report.
    pub project: String,
    /// Currency of every amount, ISO 4217.
    pub currency: String,
    /// Business time zone, IANA name: what a day is.
    pub time_zone: String,
    /// Seed of everything that is drawn.
    #[serde(default)]
    pub seed: u64,
    /// Folder of the published nights, relative to the project file.
    #[serde(default = "default_store")]
    pub store: String,
    /// Published nights to keep.
    #[serde(default = "default_keep_nights")]
    pub keep_nights: usize,
    /// Most categories and channels told apart; beyond it the smallest become `(other)`.
    #[serde(default = "default_max_categories")]
    pub max_categories: usize,
    /// Feeds by name.
    pub feeds: BTreeMap<String, Feed>,
    /// Who is who.
    #[serde(default)]
    pub identify: idip_identify::Params,
    /// Worth and need.
    #[serde(default)]
    pub differentiate: idip_differentiate::Params,
    /// Whom to contact, when and where.
    #[serde(default)]
    pub interact: idip_interact::Params,
    /// Which offer, within budget.
    #[serde(default)]
    pub personalize: idip_personalize::Params,
    /// What it earned.
    #[serde(default)]
    pub measure: idip_measure::Params,
    /// Offers, beside those of a feed.
    #[serde(default)]
    pub offers: Vec<Offer>,
    /// Files for other systems; by default segments and offers as plain CSV.
    #[serde(default = "default_exports")]
    pub exports: Vec<Export>,
    /// The report.
    #[serde(default)]
    pub report: idip_report::Params,
    /// Machine limits.
    #[serde(default)]
    pub engine: Engine,
}

/// Limits of the machine the night runs on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    /// Threads; all processors when absent.
    pub threads: Option<usize>,
    /// Memory of the engine's operators, as in `512MB`; beyond it they spill to disk.
    pub memory: Option<String>,
}

fn default_store() -> String {
    ".idip".into()
}

fn default_max_categories() -> usize {
    24
}

fn default_keep_nights() -> usize {
    30
}

fn default_exports() -> Vec<Export> {
    let plain = |name: &str, table, split_by: Option<&str>| Export {
        name: name.into(),
        table,
        profile: crate::ExportProfile::Generic,
        split_by: split_by.map(Into::into),
        columns: None,
    };
    vec![
        plain("segments", crate::ExportTable::Segments, Some("value")),
        plain("offers", crate::ExportTable::Offers, None),
    ]
}

/// Bytes of a size written as `512MB`, `2 GB` or `1048576`; None when it is not a size.
pub fn bytes(text: &str) -> Option<usize> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "KB" | "K" => 1 << 10,
        "MB" | "M" => 1 << 20,
        "GB" | "G" => 1 << 30,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(factor).filter(|bytes| *bytes > 0)
}

/// Minor units of money written with at most two decimals; None when it is not such money.
pub fn cents(text: &str) -> Option<i64> {
    let (sign, text) = text.trim().strip_prefix('-').map_or((1, text.trim()), |rest| (-1, rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || part.len() > 2 || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(part)?.checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_money_are_read_exactly() {
        assert_eq!(bytes("512MB"), Some(512 << 20));
        assert_eq!(bytes("2 gb"), Some(2 << 30));
        assert_eq!(bytes("0MB"), None);
        assert_eq!(bytes("12 apples"), None);
        assert_eq!(cents("12.3"), Some(1230));
        assert_eq!(cents("-0.05"), Some(-5));
        assert_eq!(cents("7"), Some(700));
        assert_eq!(cents("1.234"), None);
        assert_eq!(cents("1e3"), None);
        assert_eq!(cents("."), None);
    }
}
