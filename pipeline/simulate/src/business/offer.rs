//! What can be offered, and whom it truly moves.

use super::catalogue::profile_shares;

/// One offer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) lever: &'static str,
    /// Position of the category; none when it is good for all.
    pub(super) category: Option<usize>,
    /// Condition over the `customer` table; empty for everybody.
    pub(super) eligibility: &'static str,
    /// Money as decimals: cost and margin of a redemption, worth to the customer.
    pub(super) cost: &'static str,
    pub(super) margin: &'static str,
    pub(super) value: &'static str,
    pub(super) base_response: &'static str,
    /// Pieces; empty for no limit.
    pub(super) stock: &'static str,
    /// Probability of an additional purchase: of everybody, and for a liking of the whole category.
    pub(super) uplift: (f64, f64),
}

const OFFER: Offer = Offer {
    id: "",
    name: "",
    lever: "discount",
    category: None,
    eligibility: "",
    cost: "0.00",
    margin: "0.00",
    value: "",
    base_response: "0.05",
    stock: "",
    uplift: (0.0, 0.0),
};

/// Offers of the feed; the project file has two more.
pub(super) const FEED_OFFERS: [Offer; 7] = [
    Offer {
        id: "fresco-10",
        name: "10 % en frutas y verduras",
        category: Some(0),
        cost: "0.90",
        margin: "3.20",
        value: "1.50",
        base_response: "0.08",
        uplift: (0.10, 0.6),
        ..OFFER
    },
    Offer {
        id: "hogar-15",
        name: "15 % en hogar",
        category: Some(10),
        eligibility: "n_baskets >= 2",
        cost: "2.40",
        margin: "7.50",
        value: "4.00",
        base_response: "0.05",
        uplift: (0.10, 0.7),
        ..OFFER
    },
    Offer {
        id: "bebe-regalo",
        name: "Babero de regalo",
        lever: "gift",
        category: Some(8),
        cost: "1.60",
        margin: "5.00",
        value: "3.00",
        base_response: "0.05",
        stock: "400",
        uplift: (0.04, 0.9),
        ..OFFER
    },
    Offer {
        id: "jardin-20",
        name: "20 % en jardín",
        category: Some(11),
        cost: "3.10",
        margin: "8.00",
        value: "5.00",
        base_response: "0.04",
        uplift: (0.08, 0.8),
        ..OFFER
    },
    Offer {
        id: "bebidas-2x1",
        name: "2x1 en bebidas",
        category: Some(5),
        cost: "1.30",
        margin: "2.60",
        value: "2.00",
        base_response: "0.07",
        uplift: (0.10, 0.6),
        ..OFFER
    },
    Offer {
        id: "mascotas-15",
        name: "15 % en mascotas",
        category: Some(9),
        cost: "1.80",
        margin: "5.20",
        value: "3.00",
        base_response: "0.05",
        uplift: (0.08, 0.8),
        ..OFFER
    },
    Offer {
        id: "puntos-doble",
        name: "Puntos dobles, sin más",
        lever: "points",
        cost: "0.60",
        margin: "2.10",
        value: "1.00",
        base_response: "0.06",
        uplift: (0.14, 0.0),
        ..OFFER
    },
];

/// Codes of the offers in the project file.
pub(super) const PROJECT_OFFERS: [&str; 2] = ["vuelve-5", "bienvenida"];

/// Offers of past campaigns that the project file describes.
const PAST_PROJECT_OFFER: Offer = Offer { id: PROJECT_OFFERS[0], uplift: (0.18, 0.0), ..OFFER };

/// Every offer that past campaigns made.
pub(super) fn past_offers() -> impl Iterator<Item = &'static Offer> {
    FEED_OFFERS.iter().chain([&PAST_PROJECT_OFFER])
}

/// The offer of a code.
pub(super) fn past_offer(id: &str) -> Option<&'static Offer> {
    past_offers().find(|offer| offer.id == id)
}

impl Offer {
    /// True probability that it brings a living customer of a profile in once more.
    pub(super) fn uplift_of(&self, profile: usize) -> f64 {
        let liking = self.category.and_then(|at| profile_shares(profile).get(at).copied());
        self.uplift.0 + self.uplift.1 * liking.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::business::catalogue::N_PROFILES;

    #[test]
    fn an_uplift_is_a_probability_and_largest_where_the_need_is() {
        for offer in past_offers() {
            for profile in 0..N_PROFILES {
                assert!((0.0..0.5).contains(&offer.uplift_of(profile)), "{}", offer.id);
            }
        }
        // Profile 4 is named for the garden.
        let garden = past_offer("jardin-20").expect("an offer");
        assert!(garden.uplift_of(4) > 0.2 && garden.uplift_of(5) < 0.1);
    }
}
