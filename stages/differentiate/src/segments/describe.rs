//! One sentence about a segment, in English and in Spanish, with numbers in real units.

/// A sentence in both languages of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) en: String,
    pub(super) es: String,
}

/// What a sentence tells of the customers of a segment.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Facts {
    pub(super) n_customers: i64,
    /// Part of all net money; null when there is none.
    pub(super) net_share: Option<f64>,
    /// Medians; null when nobody has a value.
    pub(super) days_since_last: Option<f64>,
    pub(super) purchase_days: Option<f64>,
    pub(super) mean_basket: Option<f64>,
}

/// A category on which a segment spends more than all do.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaning {
    pub(super) category: String,
    pub(super) share: f64,
    /// 100 × share ÷ share of all.
    pub(super) index: f64,
}

/// A language of descriptions: how it writes numbers and counts things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    Spanish,
}

impl Language {
    /// Writes a number with that many decimals, thousands grouped.
    fn number(self, value: f64, decimals: usize) -> String {
        let (group, point) = match self {
            Self::English => (',', '.'),
            Self::Spanish => ('.', ','),
        };
        let plain = format!("{:.decimals$}", value.abs());
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let mut text = String::new();
        if value < 0.0 && plain.chars().any(|c| ('1'..='9').contains(&c)) {
            text.push('−');
        }
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                text.push(group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(point);
            text.push_str(fraction);
        }
        text
    }

    /// A median of counts: whole, or with a half.
    fn median(self, value: f64) -> String {
        self.number(value, usize::from(value.fract() != 0.0))
    }

    fn percent(self, share: f64) -> String {
        format!("{} %", self.number(100.0 * share, 1))
    }

    fn customers(self, n: i64) -> String {
        let noun = match (self, n) {
            (Self::English, 1) => "customer",
            (Self::English, _) => "customers",
            (Self::Spanish, 1) => "cliente",
            (Self::Spanish, _) => "clientes",
        };
        format!("{} {noun}", self.number(n as f64, 0))
    }

    fn days(self, value: f64) -> String {
        let n = self.median(value);
        let noun = match (self, n == "1") {
            (Self::English, true) => "day",
            (Self::English, false) => "days",
            (Self::Spanish, true) => "día",
            (Self::Spanish, false) => "días",
        };
        format!("{n} {noun}")
    }

    /// What the median customer did; empty when nobody bought.
    fn median_customer(self, facts: &Facts, currency: &str) -> String {
        let (Some(since), Some(days), Some(basket)) =
            (facts.days_since_last, facts.purchase_days, facts.mean_basket)
        else {
            return String::new();
        };
        let (since, days) = (self.days(since), self.days(days));
        let basket = format!("{} {currency}", self.number(basket, 2));
        match self {
            Self::English => format!(
                "; at the median {since} since the last purchase, {days} with a purchase and {basket} \
                 a basket"
            ),
            Self::Spanish => format!(
                "; en la mediana {since} desde la última compra, {days} con compra y {basket} por \
                 cesta"
            ),
        }
    }

    fn value(self, facts: &Facts, currency: &str) -> String {
        let customers = self.customers(facts.n_customers);
        let money = facts.net_share.map_or_else(String::new, |share| {
            let share = self.percent(share);
            match self {
                Self::English => format!(" with {share} of net money"),
                Self::Spanish => format!(" con el {share} del dinero neto"),
            }
        });
        format!("{customers}{money}{}.", self.median_customer(facts, currency))
    }

    fn need(self, facts: &Facts, leanings: &[Leaning], currency: &str) -> String {
        let customers = self.customers(facts.n_customers);
        let (to, index, plain) = match self {
            Self::English => {
                ("to", "index", "their money goes to the categories much as everybody's does")
            }
            Self::Spanish => {
                ("a", "índice", "su dinero se reparte entre las categorías como el de todos")
            }
        };
        let parts: Vec<String> = leanings
            .iter()
            .enumerate()
            .map(|(at, leaning)| {
                let article = if self == Self::Spanish { "el " } else { "" };
                let verb = match (self, at) {
                    (Self::English, 0) => "of their money goes ",
                    (Self::Spanish, 0) => "de su dinero va ",
                    _ => "",
                };
                format!(
                    "{article}{} {verb}{to} {} ({index} {})",
                    self.percent(leaning.share),
                    leaning.category,
                    self.number(leaning.index, 0)
                )
            })
            .collect();
        let spending = if parts.is_empty() { plain.to_owned() } else { parts.join(", ") };
        format!("{customers}; {spending}{}.", self.median_customer(facts, currency))
    }

    fn rfm(self, facts: &Facts, ranges: [Option<[i64; 2]>; 3], currency: &str) -> String {
        let names = match self {
            Self::English => ["recency", "frequency", "money"],
            Self::Spanish => ["recencia", "frecuencia", "dinero"],
        };
        let (with, any) = match self {
            Self::English => ("with scores of", "with any other scores"),
            Self::Spanish => ("con puntuación de", "con cualquier otra puntuación"),
        };
        let parts: Vec<String> = names
            .into_iter()
            .zip(ranges)
            .filter_map(|(name, range)| {
                let [low, high] = range?;
                Some(if low == high {
                    format!("{name} {low}")
                } else {
                    format!("{name} {low}–{high}")
                })
            })
            .collect();
        let scores =
            if parts.is_empty() { any.to_owned() } else { format!("{with} {}", parts.join(", ")) };
        let customers = self.customers(facts.n_customers);
        format!("{customers} {scores}{}.", self.median_customer(facts, currency))
    }
}

fn both(sentence: impl Fn(Language) -> String) -> Sentence {
    Sentence { en: sentence(Language::English), es: sentence(Language::Spanish) }
}

/// Describes a segment by value.
pub(super) fn value(facts: &Facts, currency: &str) -> Sentence {
    both(|language| language.value(facts, currency))
}

/// Describes a segment by need; without leanings it is one that buys as all do.
pub(super) fn need(facts: &Facts, leanings: &[Leaning], currency: &str) -> Sentence {
    both(|language| language.need(facts, leanings, currency))
}

/// Describes a named RFM segment by its ranges of scores.
pub(super) fn rfm(facts: &Facts, ranges: [Option<[i64; 2]>; 3], currency: &str) -> Sentence {
    both(|language| language.rfm(facts, ranges, currency))
}

/// Describes the parties without a purchase.
pub(super) fn no_purchases(n: i64) -> Sentence {
    let text = |language: Language| language.number(n as f64, 0);
    Sentence {
        en: format!("Parties without a purchase so far: {}.", text(Language::English)),
        es: format!("Personas sin compras hasta ahora: {}.", text(Language::Spanish)),
    }
}

/// Describes the parties of whom too little is known to tell their need.
pub(super) fn not_enough_purchases(n: i64, min_baskets: i64) -> Sentence {
    let text = |language: Language| language.number(n as f64, 0);
    Sentence {
        en: format!(
            "Parties with fewer than {min_baskets} baskets, or none in a known category, too few to \
             tell what they need: {}.",
            text(Language::English)
        ),
        es: format!(
            "Personas con menos de {min_baskets} cestas, o ninguna en una categoría conocida, muy \
             pocas para saber qué necesitan: {}.",
            text(Language::Spanish)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            n_customers: 1234,
            net_share: Some(0.4125),
            days_since_last: Some(1.0),
            purchase_days: Some(8.5),
            mean_basket: Some(1025.4),
        }
    }

    #[test]
    fn numbers_are_written_as_each_language_does() {
        let sentence = value(&facts(), "EUR");
        assert_eq!(
            sentence.en,
            "1,234 customers with 41.2 % of net money; at the median 1 day since the last purchase, \
             8.5 days with a purchase and 1,025.40 EUR a basket."
        );
        assert_eq!(
            sentence.es,
            "1.234 clientes con el 41,2 % del dinero neto; en la mediana 1 día desde la última \
             compra, 8,5 días con compra y 1.025,40 EUR por cesta."
        );
    }

    #[test]
    fn a_need_is_told_with_share_and_index() {
        let leaning =
            |category: &str, share, index| Leaning { category: category.to_owned(), share, index };
        let leanings = [leaning("Grocery", 0.5, 210.4), leaning("Home", 0.25, 150.0)];
        let few = Facts { n_customers: 1, ..Facts::default() };
        assert_eq!(
            need(&few, &leanings, "EUR"),
            Sentence {
                en:
                    "1 customer; 50.0 % of their money goes to Grocery (index 210), 25.0 % to Home \
                     (index 150)."
                        .to_owned(),
                es:
                    "1 cliente; el 50,0 % de su dinero va a Grocery (índice 210), el 25,0 % a Home \
                     (índice 150)."
                        .to_owned(),
            }
        );
    }

    #[test]
    fn a_number_that_rounds_to_nothing_has_no_sign() {
        assert_eq!(Language::English.number(-0.001, 2), "0.00");
        assert_eq!(Language::Spanish.number(-1_234_567.891, 1), "−1.234.567,9");
    }
}
