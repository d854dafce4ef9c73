//! What was bought, by whom, and what the till saw of it.

use super::calendar::{DAYS, Season, is_closed};
use super::catalogue::{Product, category_price, nearest};
use super::names::CITIES;
use super::person::{Channel, Person};
use super::record::{Known, Records};
use crate::btyd::Purchases;
use crate::draw::Draw;

/// Lines of a basket beyond the first, on average.
const MORE_LINES: f64 = 1.3;
/// Mean number of lines of a basket, a little less than 1 + `MORE_LINES` because no product comes
/// twice in one.
pub(super) const LINES_PER_BASKET: f64 = 2.26;
/// Share of sale lines that are brought back.
const RETURN_SHARE: f64 = 0.018;
/// Share of sale lines that cost nothing: samples and gifts.
const GIFT_SHARE: f64 = 0.003;
/// Share of all baskets that are bought by people whom no system will ever know.
pub(super) const STRANGER_SHARE: f64 = 0.05;
/// Steps of discount.
const DISCOUNTS: [f64; 5] = [0.05, 0.1, 0.15, 0.2, 0.3];

/// By what a basket names its buyer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shown {
    Nothing,
    Card(String),
    Token(String),
    Account(String),
    Email(String),
}

impl Shown {
    /// The reference under which the engine will know the buyer.
    pub(super) fn reference(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Card(card) => Some(format!("loyalty:{card}")),
            Self::Token(token) => Some(format!("token:{token}")),
            Self::Account(key) => Some(key.clone()),
            Self::Email(email) => Some(format!("email:{email}")),
        }
    }
}

/// One line of a basket.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Position in the range of products.
    pub(super) product: usize,
    /// Pieces; negative when they came back.
    pub(super) quantity: i32,
    /// Cents received; negative when paid back.
    pub(super) amount: i64,
    /// Cents of discount.
    pub(super) discount: i64,
}

/// One visit to the till or one order.
#[derive(Debug, Clone)]
pub(super) struct Basket {
    pub(super) day: i32,
    /// Minute of the day, local time.
    pub(super) minute: u32,
    /// Position of the buyer; none for strangers.
    pub(super) person: Option<usize>,
    pub(super) channel: Channel,
    /// Position of the city of the shop.
    pub(super) place: usize,
    pub(super) shown: Shown,
    pub(super) is_return: bool,
    pub(super) lines: Vec<Line>,
}

impl Basket {
    /// Cents received for all lines.
    pub(super) fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }
}

/// What became of the customers: last purchase of their own accord, and whether they are still there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fate {
    pub(super) is_alive: bool,
    pub(super) last_day: i32,
    pub(super) n_purchases: usize,
}

/// Baskets and fates; shape of the fates `(n_people,)`.
#[derive(Debug)]
pub(super) struct Sales {
    pub(super) baskets: Vec<Basket>,
    pub(super) fates: Vec<Fate>,
}

/// Lets everybody buy.
pub(super) fn sales(
    seed: u64,
    people: &[Person],
    records: &Records,
    products: &[Product],
    season: &Season,
    n_strangers: usize,
) -> Sales {
    let mut draw = Draw::new(seed, "purchase");
    let mut baskets = Vec::new();
    let mut fates = Vec::with_capacity(people.len());
    let mut purchases = Purchases::default();
    for (index, (person, known)) in people.iter().zip(&records.known).enumerate() {
        if person.is_prospect {
            fates.push(Fate::default());
            continue;
        }
        person.life.buy(season.end(), &mut draw, &mut purchases);
        let mut last_day = 0;
        for &time in &purchases.times {
            last_day = season.day_at(time);
            baskets.push(basket(Some(index), person, known, products, last_day, None, &mut draw));
        }
        let n_purchases = purchases.times.len();
        fates.push(Fate { is_alive: purchases.is_alive, last_day, n_purchases });
    }
    for _ in 0..n_strangers {
        // A stranger buys as somebody does, but shows nothing.
        if let Some(person) = people.get(draw.below(people.len())) {
            let day = season.day_at(draw.between(0.0, season.end()));
            let nobody = Known::default();
            let mut basket = basket(None, person, &nobody, products, day, None, &mut draw);
            basket.shown = Shown::Nothing;
            if matches!(basket.channel, Channel::Web | Channel::App) {
                basket.channel = Channel::Store;
            }
            baskets.push(basket);
        }
    }
    Sales { baskets, fates }
}

/// One basket of a person on a day, its first line of a category when one is given.
pub(super) fn basket(
    index: Option<usize>,
    person: &Person,
    known: &Known,
    products: &[Product],
    day: i32,
    category: Option<usize>,
    draw: &mut Draw,
) -> Basket {
    let (channel, shown) = shown(person, known, draw);
    let is_online = matches!(channel, Channel::Web | Channel::App);
    let minute = if is_online { draw.whole(0, 1439) } else { draw.whole(9 * 60, 21 * 60) };
    let n_lines = 1 + draw.poisson(MORE_LINES) as usize;
    let mut lines: Vec<Line> = Vec::with_capacity(n_lines);
    for nth in 0..n_lines {
        let category = match category {
            Some(category) if nth == 0 => category,
            _ => draw.weighted(&person.tastes),
        };
        let line = line(person, category, products, draw);
        // A till adds up what is scanned twice.
        if lines.iter().all(|other| other.product != line.product) {
            lines.push(line);
        }
    }
    let place = if draw.chance(0.93) { person.place } else { draw.below(CITIES.len()) };
    Basket {
        day,
        minute: minute as u32,
        person: index,
        channel,
        place,
        shown,
        is_return: false,
        lines,
    }
}

/// Where a purchase is made, and what the buyer shows there.
fn shown(person: &Person, known: &Known, draw: &mut Draw) -> (Channel, Shown) {
    let mut channel = person.channel(draw);
    if matches!(channel, Channel::Web | Channel::App) {
        if let Some(account) = &known.account {
            return (channel, Shown::Account(account.clone()));
        }
        if known.by_email {
            return (Channel::Web, Shown::Email(person.email.clone()));
        }
        channel = Channel::Store;
    }
    let at = draw.below(known.cards.len());
    let shown = match (known.cards.get(at), &person.token) {
        (Some(card), _) if draw.chance(0.95) => Shown::Card(card.clone()),
        (None, Some(token)) if draw.chance(0.9) => Shown::Token(token.clone()),
        _ => Shown::Nothing,
    };
    (channel, shown)
}

fn line(person: &Person, category: usize, products: &[Product], draw: &mut Draw) -> Line {
    let gross = person.gross(category_price(category), draw);
    let quantity = 1 + draw.poisson(0.35) as i32;
    let discount = if draw.chance(GIFT_SHARE) {
        gross
    } else if draw.chance(person.deal * 0.8) {
        (gross as f64 * draw.pick(&DISCOUNTS)).round() as i64
    } else {
        0
    };
    Line {
        product: nearest(products, category, gross / i64::from(quantity)),
        quantity,
        amount: gross - discount,
        discount,
    }
}

/// Brings some of what was bought back, and pays for it.
pub(super) fn returns(seed: u64, baskets: &[Basket]) -> Vec<Basket> {
    let mut draw = Draw::new(seed, "return");
    let mut returns = Vec::new();
    for basket in baskets {
        let back: Vec<Line> = basket
            .lines
            .iter()
            .filter(|_| draw.chance(RETURN_SHARE))
            .filter(|line| line.amount > 0)
            .map(|line| Line {
                quantity: -line.quantity,
                amount: -line.amount,
                discount: 0,
                ..line.clone()
            })
            .collect();
        let day = basket.day + draw.whole(1, 20);
        let day = day + i32::from(is_closed(day));
        if !back.is_empty() && day < DAYS {
            returns.push(Basket { day, is_return: true, lines: back, ..basket.clone() });
        }
    }
    returns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::business::catalogue;
    use crate::business::person::people;
    use crate::business::record::records;

    #[test]
    fn money_is_whole_and_what_comes_back_was_bought() {
        let season = Season::new();
        let people = people(2, 800, 4_000.0, &season);
        let records = records(2, &people);
        let products = catalogue::products();
        let sales = sales(2, &people, &records, &products, &season, 200);
        for basket in &sales.baskets {
            assert!((0..DAYS).contains(&basket.day));
            assert!(!basket.lines.is_empty());
            assert!(basket.lines.iter().all(|line| line.amount >= 0 && line.discount >= 0));
        }
        let zero =
            sales.baskets.iter().flat_map(|basket| &basket.lines).filter(|line| line.amount == 0);
        assert!(zero.count() > 10);
        let sold: usize = sales.baskets.iter().map(|basket| basket.lines.len()).sum();
        let per_basket = sold as f64 / sales.baskets.len() as f64;
        assert!((per_basket / LINES_PER_BASKET - 1.0).abs() < 0.02, "{per_basket}");

        let returns = returns(2, &sales.baskets);
        let share =
            returns.iter().map(|basket| basket.lines.len()).sum::<usize>() as f64 / sold as f64;
        assert!((share / RETURN_SHARE - 1.0).abs() < 0.25, "{share}");
        assert!(returns.iter().all(|basket| basket.total() < 0 && basket.day < DAYS));
    }
}
