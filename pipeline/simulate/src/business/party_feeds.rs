//! The parties as the systems of the shop write them down, and what is known of them beside sales.

use serde_json::{Value, json};

use super::books::{Row, line, point, spread};
use super::calendar::{Clock, iso, spanish};
use super::campaign::Campaigns;
use super::catalogue::{Product, category_name};
use super::consent::{Permissions, Status};
use super::names::CITIES;
use super::offer::FEED_OFFERS;
use super::record::{Record, Records};
use super::voice::Voices;

pub(super) const CUSTOMERS: &str = "id,tipo,tarjeta,nombre,apellidos,correo,telefono,nacimiento,\
                                    direccion,cp,ciudad,idioma,canal,alta,modificado";
pub(super) const PRODUCTS: &str = "codigo;descripcion;familia;marca;precio;coste";
pub(super) const SURVEYS: &str = "email|fecha|tipo|nota";
pub(super) const CONSENTS: &str = "id;canal;estado;desde";
pub(super) const SUPPRESSIONS: &str = "party,channel,reason,since";
pub(super) const OFFERS: &str =
    "id,name,lever,category,eligibility,cost,margin,customer_value,base_response,stock,valid_to";
pub(super) const CONTACTS: &str = "id\tcampaign\toffer\tchannel\tsent_on\tgrupo";
pub(super) const RESPONSES: &str = "id,campaign,offer,day,amount";

/// One CRM record of so many was registered on a day that is none.
const RECORDS_PER_FAULT: usize = 1_800;
/// One CRM record of so many is in the file twice.
const RECORDS_PER_REPEAT: usize = 900;
/// One account of so many is cut.
const ACCOUNTS_PER_FAULT: usize = 800;
/// One statement of so many has a word that nobody knows.
const STATEMENTS_PER_FAULT: usize = 2_500;

pub(super) fn customers(records: &Records) -> Vec<Row> {
    let mut rows: Vec<Row> =
        records.crm.iter().map(|record| Row::plain(customer(record))).collect();
    for at in spread(&rows, rows.len() / RECORDS_PER_FAULT, |_, _| true) {
        if let Some(row) = rows.get_mut(at)
            && let [updated, _, rest] = row.text.rsplitn(3, ',').collect::<Vec<_>>()[..]
        {
            row.text = format!("{rest},2024-02-31,{updated}");
            row.is_bad = true;
        }
    }
    let repeated = spread(&rows, rows.len() / RECORDS_PER_REPEAT, |_, row| !row.is_bad);
    let repeated: Vec<Row> = repeated.iter().filter_map(|at| rows.get(*at).cloned()).collect();
    rows.extend(repeated);
    rows
}

fn customer(record: &Record) -> String {
    let city = CITIES.get(record.place).copied().unwrap_or(("", "", "", 0.0));
    let has_street = !record.street.is_empty();
    line(
        ',',
        &[
            &record.key,
            if record.is_prospect { "P" } else { "C" },
            record.card.as_deref().unwrap_or_default(),
            &record.first,
            &record.last,
            &record.email,
            &record.phone,
            &record.birth.map_or_else(|| "00/00/0000".to_owned(), spanish),
            &record.street,
            if has_street { city.2 } else { "" },
            if has_street { city.1 } else { "" },
            record.language,
            record.preferred,
            &iso(record.registered),
            &iso(record.updated),
        ],
    )
}

pub(super) fn accounts(records: &Records) -> Vec<Row> {
    let mut rows: Vec<Row> = records
        .web
        .iter()
        .map(|record| {
            let mut account = json!({
                "id": record.key,
                "name": { "first": record.first, "last": record.last },
                "contact": { "email": record.email },
                "created": iso(record.registered),
            });
            let optional = [
                ("/contact", "phone", Some(record.phone.clone()).filter(|it| !it.is_empty())),
                ("", "token", record.token.clone()),
                ("", "social", record.handle.clone()),
            ];
            for (place, name, value) in optional {
                let members = account.pointer_mut(place).and_then(Value::as_object_mut);
                if let (Some(value), Some(members)) = (value, members) {
                    members.insert(name.to_owned(), value.into());
                }
            }
            Row::plain(account.to_string())
        })
        .collect();
    for at in spread(&rows, rows.len() / ACCOUNTS_PER_FAULT, |_, _| true) {
        if let Some(row) = rows.get_mut(at) {
            // The last brace is gone, as when a disk was full.
            row.text.pop();
            row.is_bad = true;
        }
    }
    rows
}

pub(super) fn products(products: &[Product]) -> Vec<Row> {
    let row = |product: &Product| {
        let (price, cost) = (super::books::comma(product.price), super::books::comma(product.cost));
        line(
            ';',
            &[
                &product.code,
                &product.name,
                category_name(product.category),
                product.brand,
                &price,
                &cost,
            ],
        )
    };
    products.iter().map(|product| Row::plain(row(product))).collect()
}

pub(super) fn interactions(voices: &Voices, clock: &Clock) -> Vec<Row> {
    let row = |it: &super::voice::Interaction| {
        let at = clock.with_offset(it.day, it.minute);
        let it = json!({
            "party": it.key, "at": at, "kind": it.kind, "channel": it.channel, "dir": it.direction,
        });
        Row::plain(it.to_string())
    };
    voices.interactions.iter().map(row).collect()
}

pub(super) fn surveys(voices: &Voices) -> Vec<Row> {
    let row = |it: &super::voice::Answer| {
        line('|', &[&it.email, &spanish(it.day), it.kind, &it.score.to_string()])
    };
    voices.answers.iter().map(|it| Row::plain(row(it))).collect()
}

pub(super) fn consents(permissions: &Permissions) -> Vec<Row> {
    let statements = &permissions.statements;
    let mut rows: Vec<Row> = statements
        .iter()
        .map(|it| {
            let status = match it.status {
                Status::Granted => "alta",
                Status::Denied => "no",
                Status::Withdrawn => "baja",
            };
            Row::plain(line(';', &[&it.key, it.channel, status, &iso(it.day)]))
        })
        .collect();
    for at in spread(&rows, rows.len() / STATEMENTS_PER_FAULT, |_, _| true).into_iter().rev() {
        if let Some(it) = statements.get(at) {
            let text = line(';', &[&it.key, it.channel, "pendiente", &iso(it.day)]);
            rows.insert(at, Row { is_bad: true, ..Row::plain(text) });
        }
    }
    rows
}

pub(super) fn suppressions(permissions: &Permissions) -> Vec<Row> {
    let row = |it: &super::consent::Suppression| {
        line(',', &[&it.reference, it.channel, it.reason, &iso(it.day)])
    };
    permissions.suppressions.iter().map(|it| Row::plain(row(it))).collect()
}

pub(super) fn offers() -> Vec<Row> {
    let row = |offer: &super::offer::Offer| {
        line(
            ',',
            &[
                offer.id,
                offer.name,
                offer.lever,
                offer.category.map_or("", category_name),
                offer.eligibility,
                offer.cost,
                offer.margin,
                offer.value,
                offer.base_response,
                offer.stock,
                "2026-06-30",
            ],
        )
    };
    FEED_OFFERS.iter().map(|offer| Row::plain(row(offer))).collect()
}

pub(super) fn contacts(campaigns: &Campaigns) -> Vec<Row> {
    let row = |it: &super::campaign::Contact| {
        let group = if it.offer.is_some() { "T" } else { "C" };
        let offer = it.offer.unwrap_or_default();
        line('\t', &[&it.key, it.campaign, offer, it.channel, &iso(it.day), group])
    };
    campaigns.contacts.iter().map(|it| Row::plain(row(it))).collect()
}

pub(super) fn responses(campaigns: &Campaigns) -> Vec<Row> {
    campaigns
        .redemptions
        .iter()
        .map(|it| Row {
            text: line(',', &[&it.key, it.campaign, it.offer, &iso(it.day), &point(it.amount)]),
            amount: it.amount,
            ..Row::default()
        })
        .collect()
}

pub(super) fn posts(voices: &Voices) -> Vec<Row> {
    let row = |it: &super::voice::Post| {
        json!({
            "platform": it.platform, "author": it.author, "day": iso(it.day), "reach": it.reach,
            "likes": it.likes, "replies": it.replies, "shares": it.shares,
            "mentions": it.mentions, "sentiment": f64::from(it.sentiment) / 100.0,
        })
    };
    voices.posts.iter().map(|it| Row::plain(row(it).to_string())).collect()
}
