//! The sales as the systems of the shop write them down: tills in two extracts, and the web shop.

use super::books::{Row, comma, line, point, spread};
use super::calendar::{Clock, day, short};
use super::catalogue::Product;
use super::names::CITIES;
use super::person::Channel;
use super::purchase::{Basket, Shown};

/// Header of the tills.
pub(super) const TILL: &str = "ticket;fecha;tienda;tarjeta;pago;producto;uds;importe;dto";
/// Header of the web shop.
pub(super) const WEB: &str =
    "order_id,created_at,account,guest_email,channel,sku,quantity,paid,discount,status";

/// December 2024 is in both extracts of the tills.
const OVERLAP: std::ops::RangeInclusive<i32> = day(2025, 1) - 31..=day(2025, 1) - 1;
/// One till line of so many is bad, and one of so many is sent twice.
const ROWS_PER_FAULT: usize = 1_250;
const ROWS_PER_REPEAT: usize = 4_000;
/// One till line of so many is a correction of the cash.
const ROWS_PER_CORRECTION: usize = 2_000;
/// Orders below this many cents pay for delivery.
const FREE_DELIVERY: i64 = 3_000;
const DELIVERY: i64 = 295;

/// The rows of the sales feeds, in order of time.
#[derive(Debug)]
pub(super) struct SaleRows {
    /// The extract of 2024.
    pub(super) till_2024: Vec<Row>,
    /// The extract of 2025, which begins in December 2024.
    pub(super) till_2025: Vec<Row>,
    pub(super) web: Vec<Row>,
}

/// Writes down baskets, which are in order of time.
pub(super) fn rows(baskets: &[Basket], products: &[Product], clock: &Clock) -> SaleRows {
    let (online, store): (Vec<_>, Vec<_>) =
        baskets.iter().partition(|basket| matches!(basket.channel, Channel::Web | Channel::App));
    let mut till = till(&store, products);
    spoil(&mut till);
    let is_before = |day: i32| day < *OVERLAP.start();
    let till_2024 = till.iter().filter(|(day, _)| *day <= *OVERLAP.end());
    let till_2024 = till_2024.map(|(_, row)| row.clone()).collect();
    let mut till_2025: Vec<Row> =
        till.into_iter().filter(|(day, _)| !is_before(*day)).map(|(_, row)| row).collect();
    for at in
        spread(&till_2025, till_2025.len() / ROWS_PER_REPEAT, |_, row| !row.is_bad).iter().rev()
    {
        if let Some(row) = till_2025.get(*at).cloned() {
            till_2025.insert(*at, row);
        }
    }
    SaleRows { till_2024, till_2025, web: web(&online, products, clock) }
}

fn till(baskets: &[&Basket], products: &[Product]) -> Vec<(i32, Row)> {
    let mut rows = Vec::new();
    let mut corrections = 0;
    for (number, basket) in baskets.iter().enumerate() {
        let ticket = (10_001 + number).to_string();
        let date = short(basket.day);
        let shop = match basket.channel {
            Channel::Phone => "S0",
            _ => CITIES.get(basket.place).map_or("S1", |city| city.0),
        };
        let (card, token) = match &basket.shown {
            Shown::Card(card) => (card.as_str(), ""),
            Shown::Token(token) => ("-", token.as_str()),
            _ => ("-", ""),
        };
        let is_unattributed = card == "-" && token.is_empty();
        for sold in &basket.lines {
            let code = products.get(sold.product).map_or("", |product| &product.code);
            let discount = if sold.discount == 0 { String::new() } else { comma(sold.discount) };
            let quantity = sold.quantity.to_string();
            let amount = comma(sold.amount);
            let cells =
                [&*ticket, &*date, shop, card, token, code, &*quantity, &*amount, &*discount];
            let text = line(';', &cells);
            rows.push((
                basket.day,
                Row { text, amount: sold.amount, is_unattributed, is_bad: false },
            ));
        }
        if rows.len() / ROWS_PER_CORRECTION > corrections {
            corrections += 1;
            // Small change that was missing or left over, in turn.
            let amount = if corrections % 2 == 0 { 150 } else { -235 };
            let cells = [&*ticket, &*date, shop, "-", "", "AJUSTE", "1", &*comma(amount), ""];
            let text = line(';', &cells);
            rows.push((basket.day, Row { text, amount, is_unattributed: true, is_bad: false }));
        }
    }
    rows
}

/// Damages some lines outside the overlap, in turn: a day that is not, a letter in the money, a line
/// that is cut.
fn spoil(till: &mut [(i32, Row)]) {
    let rows: Vec<Row> = till.iter().map(|(_, row)| row.clone()).collect();
    let may = |at: usize, _: &Row| till.get(at).is_some_and(|(day, _)| !OVERLAP.contains(day));
    let chosen = spread(&rows, rows.len() / ROWS_PER_FAULT, may);
    for (nth, at) in chosen.into_iter().enumerate() {
        let Some((_, row)) = till.get_mut(at) else { continue };
        let cells: Vec<&str> = row.text.split(';').collect();
        let [ticket, date, shop, card, token, code, quantity, amount, discount] = cells[..] else {
            continue;
        };
        let year = date.rsplit('/').next().unwrap_or_default();
        row.text = match nth % 3 {
            0 => {
                let day = format!("31/02/{year}");
                line(';', &[ticket, &day, shop, card, token, code, quantity, amount, discount])
            }
            1 => {
                let money = format!("{amount}O");
                line(';', &[ticket, date, shop, card, token, code, quantity, &money, discount])
            }
            _ => line(';', &[ticket, date, shop, card, token]),
        };
        row.is_bad = true;
        if nth % 3 > 0 {
            row.amount = 0;
        }
    }
}

fn web(baskets: &[&Basket], products: &[Product], clock: &Clock) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, basket) in baskets.iter().enumerate() {
        let order = format!("O{}", 50_001 + number);
        let at = clock.utc(basket.day, basket.minute);
        let (account, email) = match &basket.shown {
            Shown::Account(key) => (key.as_str(), ""),
            Shown::Email(email) => ("", email.as_str()),
            _ => ("", ""),
        };
        let channel = if basket.channel == Channel::App { "app" } else { "web" };
        let status = if basket.is_return { "refunded" } else { "paid" };
        let mut row = |sku: &str, quantity: i32, amount: i64, discount: i64| {
            let cells = [
                &*order,
                &*at,
                account,
                email,
                channel,
                sku,
                &*quantity.to_string(),
                &*point(amount),
                &*point(discount),
                status,
            ];
            rows.push(Row {
                text: line(',', &cells),
                amount,
                is_unattributed: account.is_empty() && email.is_empty(),
                is_bad: false,
            });
        };
        for sold in &basket.lines {
            let code = products.get(sold.product).map_or("", |product| &product.code);
            row(code, sold.quantity, sold.amount, sold.discount);
        }
        if !basket.is_return && basket.total() < FREE_DELIVERY {
            row("ENVIO", 1, DELIVERY, 0);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::business::calendar::DAYS;
    use crate::business::purchase::Line;

    #[test]
    fn december_is_in_both_extracts_and_no_bad_line_is_in_it() {
        let basket = |day| Basket {
            day,
            minute: 600,
            person: None,
            channel: Channel::Store,
            place: 5,
            shown: Shown::Card("123459".into()),
            is_return: false,
            lines: vec![Line { product: 3, quantity: 2, amount: 123_456, discount: 0 }],
        };
        let baskets: Vec<Basket> = (0..DAYS).flat_map(|day| vec![basket(day); 8]).collect();
        let clock = Clock::new().expect("the zone is built in");
        let rows = rows(&baskets, &crate::business::catalogue::products(), &clock);

        let texts = |rows: &[Row]| rows.iter().map(|row| row.text.clone()).collect::<Vec<_>>();
        let (first, second) = (texts(&rows.till_2024), texts(&rows.till_2025));
        assert_eq!(first[0], "10001;01/01/24;S6;123459;;P0003;2;1.234,56;");
        let shared = first.iter().filter(|row| second.contains(row)).count();
        assert_eq!(shared, 31 * 8);
        assert!(first[first.len() - shared..].iter().all(|row| row.contains("/12/24;")));
        let bad: Vec<&Row> =
            rows.till_2024.iter().chain(&rows.till_2025).filter(|row| row.is_bad).collect();
        assert_eq!(bad.len(), DAYS as usize * 8 / ROWS_PER_FAULT);
        assert!(bad[0].text.contains(";31/02/24;"));
        assert!(bad[1].text.contains(",56O;"));
        assert_eq!(bad[2].text.matches(';').count(), 4);
        assert!(rows.web.is_empty());
    }
}
