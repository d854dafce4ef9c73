//! The purchase days of each customer, for steps that need more of them than features tell.

use idip_schemas::differentiate::customer_purchase;
use idip_schemas::source::party_purchase;
use idip_stage::{StageError, Tables, View};

use super::{Day, owners, purchase_places};
use crate::customer_feature::ledger::{Ledger, PurchaseBatch};
use crate::customer_feature::parse;
use crate::order::{Place, of_customer};

/// Purchases as the engine gave them, and whose they are.
pub(crate) struct Purchases {
    columns: Vec<party_purchase::Columns>,
    places: Vec<Place>,
}

impl Purchases {
    /// The views it is read from.
    pub(crate) fn views() -> [View; 2] {
        [owners(), View::whole(&party_purchase::CONTRACT)]
    }

    /// Reads them; no list is copied.
    pub(crate) fn read(views: &Tables) -> Result<Self, StageError> {
        let columns = parse(views, &party_purchase::CONTRACT, party_purchase::Columns::parse)?;
        let owners = parse(views, &customer_purchase::CONTRACT, customer_purchase::Columns::parse)?;
        let places = purchase_places(&owners, columns.iter().map(|batch| &batch.purchase_index))?;
        Ok(Self { columns, places })
    }

    /// Lays the lists flat, to be asked for customers.
    pub(crate) fn by_customer(&self) -> Result<PurchasesByCustomer<'_>, StageError> {
        let batches = self.columns.iter().map(PurchaseBatch::new).collect::<Result<_, _>>()?;
        Ok(PurchasesByCustomer { batches, places: &self.places })
    }
}

/// What each customer bought.
pub(crate) struct PurchasesByCustomer<'a> {
    batches: Vec<PurchaseBatch<'a>>,
    places: &'a [Place],
}

impl PurchasesByCustomer<'_> {
    /// The days of a customer with a sale, ascending; `ledger` is working memory.
    pub(crate) fn sale_days<'l>(
        &self,
        customer_id: i64,
        ledger: &'l mut Ledger,
    ) -> impl Iterator<Item = Day> + 'l {
        let mine = of_customer(self.places, customer_id);
        ledger.fill(mine.iter().filter_map(|place| {
            Some((self.batches.get(place.batch as usize)?, place.row as usize))
        }));
        ledger.days.iter().copied().filter(|day| day.baskets > 0)
    }
}
