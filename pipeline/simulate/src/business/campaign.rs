//! Past campaigns: a drawn control group, a drawn offer, and what they changed.

use super::calendar::{DAYS, day, is_closed};
use super::catalogue::Product;
use super::consent::Permissions;
use super::offer::past_offer;
use super::person::{Channel, Person};
use super::purchase::{Basket, Sales, Shown, basket};
use super::record::Records;
use crate::draw::Draw;

/// Planned share of each campaign that is held back.
const CONTROL_SHARE: f64 = 0.1;
/// Share of those who may be contacted that a campaign takes.
const REACH: f64 = 0.4;
/// Days after the contact within which an offer can bring somebody in.
const WINDOW: i32 = 21;
/// Probability that who buys anyway redeems what they were offered.
const REDEEMS_ANYWAY: f64 = 0.35;

/// One campaign: code, day, offers.
pub(super) struct Campaign {
    pub(super) code: &'static str,
    day: i32,
    offers: [&'static str; 3],
}

/// The last campaign is so near the end of the window that its outcome is not known yet.
pub(super) const CAMPAIGNS: [Campaign; 4] = [
    Campaign {
        code: "primavera-2025",
        day: day(2025, 69),
        offers: ["fresco-10", "hogar-15", "bebe-regalo"],
    },
    Campaign {
        code: "verano-2025",
        day: day(2025, 167),
        offers: ["jardin-20", "bebidas-2x1", "puntos-doble"],
    },
    Campaign {
        code: "otono-2025",
        day: day(2025, 279),
        offers: ["mascotas-15", "hogar-15", "puntos-doble"],
    },
    Campaign {
        code: "reyes-2025",
        day: day(2025, 356),
        offers: ["fresco-10", "bebidas-2x1", "vuelve-5"],
    },
];

/// One person in one campaign.
#[derive(Debug, Clone)]
pub(super) struct Contact {
    pub(super) person: usize,
    pub(super) key: String,
    pub(super) campaign: &'static str,
    /// The offer made; none for those held back.
    pub(super) offer: Option<&'static str>,
    pub(super) channel: &'static str,
    pub(super) day: i32,
    /// Cents of the purchase that would not have been made without the offer.
    pub(super) extra: Option<i64>,
}

/// One redemption.
#[derive(Debug, Clone)]
pub(super) struct Redemption {
    pub(super) key: String,
    pub(super) campaign: &'static str,
    pub(super) offer: &'static str,
    pub(super) day: i32,
    pub(super) amount: i64,
}

/// All campaigns.
#[derive(Debug, Default)]
pub(super) struct Campaigns {
    pub(super) contacts: Vec<Contact>,
    pub(super) redemptions: Vec<Redemption>,
}

/// Runs the campaigns one after the other; the baskets that they cause join `sales`.
pub(super) fn campaigns(
    seed: u64,
    people: &[Person],
    records: &Records,
    permissions: &Permissions,
    products: &[Product],
    sales: &mut Sales,
) -> Campaigns {
    let mut draw = Draw::new(seed, "campaign");
    let mut campaigns = Campaigns::default();
    for campaign in &CAMPAIGNS {
        let email = permissions.reachable(people.len(), "email", campaign.day);
        let sms = permissions.reachable(people.len(), "sms", campaign.day);
        let bought = bought_before(people.len(), &sales.baskets, campaign.day);
        let mut extra = Vec::new();
        for (index, (person, known)) in people.iter().zip(&records.known).enumerate() {
            let is_of = |list: &[bool]| list.get(index).copied().unwrap_or_default();
            let Some(key) = known.key().filter(|_| is_of(&bought)) else { continue };
            let channel = match (is_of(&email), is_of(&sms)) {
                (true, true) if draw.chance(0.2) => "sms",
                (true, _) => "email",
                (false, true) => "sms",
                (false, false) => continue,
            };
            if !draw.chance(REACH) {
                continue;
            }
            let offer = (!draw.chance(CONTROL_SHARE)).then(|| draw.pick(&campaign.offers));
            let mut contact = Contact {
                person: index,
                key: key.to_owned(),
                campaign: campaign.code,
                offer,
                channel,
                day: campaign.day,
                extra: None,
            };
            let fate = sales.fates.get(index).copied().unwrap_or_default();
            let is_there = fate.is_alive || fate.last_day >= campaign.day;
            if let Some(offer) = offer.and_then(past_offer)
                && draw.chance(offer.uplift_of(person.profile))
                && is_there
            {
                let day = campaign.day + 1 + (f64::from(WINDOW) * draw.unit().powf(1.5)) as i32;
                let day = day + i32::from(is_closed(day));
                if day < DAYS {
                    let mut visit = basket(
                        Some(index),
                        person,
                        known,
                        products,
                        day,
                        offer.category,
                        &mut draw,
                    );
                    // Who redeems shows who they are.
                    if visit.shown == Shown::Nothing {
                        let account = known.account.clone().map(Shown::Account);
                        let email = known.by_email.then(|| Shown::Email(person.email.clone()));
                        if let Some(card) = known.cards.first() {
                            visit.shown = Shown::Card(card.clone());
                        } else if let Some(shown) = account.or(email) {
                            visit.channel = Channel::Web;
                            visit.shown = shown;
                        }
                    }
                    contact.extra = Some(visit.total());
                    extra.push(visit);
                }
            }
            campaigns.contacts.push(contact);
        }
        redeem(campaign, &mut campaigns, &sales.baskets, &extra, &mut draw);
        sales.baskets.extend(extra);
    }
    campaigns.redemptions.sort_by(|a, b| (a.day, &a.key).cmp(&(b.day, &b.key)));
    campaigns
}

fn bought_before(n_people: usize, baskets: &[Basket], on: i32) -> Vec<bool> {
    let mut bought = vec![false; n_people];
    let before = baskets.iter().filter(|basket| basket.day < on);
    for person in before.filter_map(|basket| basket.person) {
        if let Some(person) = bought.get_mut(person) {
            *person = true;
        }
    }
    bought
}

/// Every purchase that an offer caused is a redemption, and some of the others are.
fn redeem(
    campaign: &Campaign,
    campaigns: &mut Campaigns,
    baskets: &[Basket],
    extra: &[Basket],
    draw: &mut Draw,
) {
    let mut anyway: Vec<&Basket> = baskets
        .iter()
        .filter(|basket| (campaign.day + 1..=campaign.day + WINDOW).contains(&basket.day))
        .filter(|basket| basket.shown != Shown::Nothing)
        .collect();
    anyway.sort_by_key(|basket| (basket.person, basket.day, basket.minute));
    for contact in campaigns.contacts.iter().filter(|it| it.campaign == campaign.code) {
        let Some(offer) = contact.offer else { continue };
        let caused = extra.iter().find(|basket| basket.person == Some(contact.person));
        let at = anyway.partition_point(|basket| basket.person < Some(contact.person));
        let other = anyway.get(at).filter(|basket| basket.person == Some(contact.person));
        let redeemed = match (caused, other) {
            (Some(basket), _) => basket,
            (None, Some(basket)) if draw.chance(REDEEMS_ANYWAY) => *basket,
            _ => continue,
        };
        campaigns.redemptions.push(Redemption {
            key: contact.key.clone(),
            campaign: campaign.code,
            offer,
            day: redeemed.day,
            amount: redeemed.total(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::business::calendar::{Season, iso};
    use crate::business::{catalogue, consent, person, purchase, record};

    #[test]
    fn campaigns_are_on_the_days_of_their_names() {
        assert_eq!(
            CAMPAIGNS.map(|campaign| iso(campaign.day)),
            ["2025-03-10", "2025-06-16", "2025-10-06", "2025-12-22"]
        );
    }

    #[test]
    fn a_tenth_is_held_back_and_redeems_nothing_and_nobody_is_contacted_without_consent() {
        let season = Season::new();
        let people = person::people(4, 3000, 15_000.0, &season);
        let records = record::records(4, &people);
        let products = catalogue::products();
        let permissions = consent::permissions(4, &people, &records);
        let mut sales = purchase::sales(4, &people, &records, &products, &season, 100);
        let before = sales.baskets.len();
        let made = campaigns(4, &people, &records, &permissions, &products, &mut sales);

        let held = made.contacts.iter().filter(|contact| contact.offer.is_none()).count();
        let share = held as f64 / made.contacts.len() as f64;
        assert!((share - CONTROL_SHARE).abs() < 0.02, "{share}");
        let caused = made.contacts.iter().filter(|contact| contact.extra.is_some()).count();
        assert_eq!(sales.baskets.len() - before, caused);
        assert!(caused > 50 && made.redemptions.len() > caused);
        for redemption in &made.redemptions {
            assert!(made.contacts.iter().any(|contact| contact.key == redemption.key
                && contact.campaign == redemption.campaign
                && contact.offer == Some(redemption.offer)
                && contact.day < redemption.day));
        }
        for contact in &made.contacts {
            let reachable = permissions.reachable(people.len(), contact.channel, contact.day);
            assert!(reachable[contact.person]);
        }
    }
}
