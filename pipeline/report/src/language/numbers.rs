//! Numbers, money and days as each language writes them.

use jiff::civil::date;

use super::{Language, Words};

/// How a difference of two figures is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Points {
    /// Percentage points.
    Percentage,
    /// Money.
    Money,
}

impl Words {
    /// A number of things.
    pub(crate) fn count(&self, n: i64) -> String {
        grouped(n as f64, 0, self.language)
    }

    /// A number with so many decimals.
    pub(crate) fn number(&self, value: f64, decimals: usize) -> String {
        grouped(value, decimals, self.language)
    }

    /// A share as a percentage with one decimal.
    pub(crate) fn percent(&self, share: f64) -> String {
        let number = grouped(share * 100.0, 1, self.language);
        match self.language {
            Language::English => format!("{number}%"),
            Language::Spanish => format!("{number}\u{a0}%"),
        }
    }

    /// Money: whole units from 1,000 on, cents below.
    pub(crate) fn money(&self, amount: f64) -> String {
        let decimals = if amount.abs() < 999.995 { 2 } else { 0 };
        let number = grouped(amount.abs(), decimals, self.language);
        let sign = if amount < 0.0 && number.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
            "\u{2212}"
        } else {
            ""
        };
        let symbol = symbol(&self.currency);
        match (self.language, symbol) {
            (Language::English, Some(symbol)) => format!("{sign}{symbol}{number}"),
            (Language::English, None) => format!("{sign}{}\u{a0}{number}", self.currency),
            (Language::Spanish, symbol) => {
                format!("{sign}{number}\u{a0}{}", symbol.unwrap_or(&self.currency))
            }
        }
    }

    /// A figure in its unit.
    pub(crate) fn figure(&self, value: f64, unit: &str) -> String {
        match unit {
            "money" => self.money(value),
            "share" => self.percent(value),
            "count" if value.fract().abs() < 1e-9 => grouped(value, 0, self.language),
            "count" => grouped(value, 2, self.language),
            _ => grouped(value, 1, self.language),
        }
    }

    /// A difference with its sign.
    pub(crate) fn difference(&self, value: f64, points: Points) -> String {
        let plus = if value > 0.0 { "+" } else { "" };
        match points {
            Points::Money => format!("{plus}{}", self.money(value)),
            Points::Percentage => {
                let number = grouped(value * 100.0, 2, self.language);
                format!("{plus}{number}\u{a0}{}", self.say("points"))
            }
        }
    }

    /// A change as a percentage with its sign.
    pub(crate) fn change(&self, share: f64) -> String {
        let plus = if share > 0.0 { "+" } else { "" };
        format!("{plus}{}", self.percent(share))
    }

    /// A day, from days since 1970-01-01.
    pub(crate) fn day(&self, days: i32) -> String {
        let Ok(day) = date(1970, 1, 1).checked_add(jiff::Span::new().days(days)) else {
            return days.to_string();
        };
        let months = self.say("months");
        let month = months.split(' ').nth(day.month().unsigned_abs().saturating_sub(1).into());
        let month = month.unwrap_or_default();
        match self.language {
            Language::English => format!("{} {month} {}", day.day(), day.year()),
            Language::Spanish => format!("{} de {month} de {}", day.day(), day.year()),
        }
    }
}

fn symbol(currency: &str) -> Option<&'static str> {
    match currency {
        "EUR" => Some("€"),
        "USD" => Some("$"),
        "GBP" => Some("£"),
        _ => None,
    }
}

/// A number with its thousands grouped.
fn grouped(value: f64, decimals: usize, language: Language) -> String {
    let (thousands, point) = match language {
        Language::English => (',', '.'),
        Language::Spanish => ('.', ','),
    };
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::with_capacity(text.len() + 8);
    // A value that rounds to 0 has no sign.
    if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        grouped.push('\u{2212}');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(thousands);
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push(point);
        grouped.push_str(fraction);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_groups_and_points_its_own_way() {
        let english = Words::new(Language::English, "EUR");
        let spanish = Words::new(Language::Spanish, "EUR");
        assert_eq!(english.number(1_234_567.5, 1), "1,234,567.5");
        assert_eq!(spanish.number(1_234_567.5, 1), "1.234.567,5");
        assert_eq!(english.count(999), "999");
        assert_eq!(spanish.count(-1_000), "−1.000");
        assert_eq!(english.number(-0.004, 2), "0.00");
    }

    #[test]
    fn money_tells_its_currency_and_cents_only_below_a_thousand() {
        let english = Words::new(Language::English, "EUR");
        assert_eq!(english.money(12.5), "€12.50");
        assert_eq!(english.money(-1_234.56), "−€1,235");
        assert_eq!(english.money(999.996), "€1,000");
        assert_eq!(english.money(-0.001), "€0.00");
        assert_eq!(Words::new(Language::English, "MXN").money(1_000.0), "MXN\u{a0}1,000");
        assert_eq!(Words::new(Language::Spanish, "EUR").money(1_234.5), "1.234\u{a0}€");
        assert_eq!(Words::new(Language::Spanish, "MXN").money(1.5), "1,50\u{a0}MXN");
    }

    #[test]
    fn shares_differences_and_days_by_language() {
        let english = Words::new(Language::English, "EUR");
        let spanish = Words::new(Language::Spanish, "EUR");
        assert_eq!(english.percent(0.1234), "12.3%");
        assert_eq!(spanish.percent(0.1234), "12,3\u{a0}%");
        assert_eq!(english.difference(0.0123, Points::Percentage), "+1.23\u{a0}pp");
        assert_eq!(english.difference(-3.5, Points::Money), "−€3.50");
        assert_eq!(english.day(20_634), "30 June 2026");
        assert_eq!(spanish.day(20_634), "30 de junio de 2026");
    }

    #[test]
    fn a_figure_is_told_in_its_unit() {
        let english = Words::new(Language::English, "EUR");
        assert_eq!(english.figure(2.5, "count"), "2.50");
        assert_eq!(english.figure(1_200.0, "count"), "1,200");
        assert_eq!(english.figure(20.0, "score"), "20.0");
        assert_eq!(english.figure(14.0, "days"), "14.0");
    }
}
