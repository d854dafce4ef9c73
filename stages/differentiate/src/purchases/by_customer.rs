//! The purchase days of each customer, for steps that need more of them than features tell.

use idip_schemas::differentiate::customer_purchase;
use idip_schemas::source::party_day;
use idip_stage::{StageError, Tables, View};

use super::{Day, DayLists, from_customer, merge_days, owners, purchase_places, take_customer};
use crate::customer_feature::parse;
use crate::order::Place;

/// Purchases as the engine gave them, and whose they are.
pub(crate) struct Purchases {
    columns: Vec<party_day::Columns>,
    places: Vec<Place>,
}

impl Purchases {
    /// The views it is read from.
    pub(crate) fn views() -> [View; 2] {
        [owners(), View::whole(&party_day::CONTRACT)]
    }

    /// Reads them; no list is copied.
    pub(crate) fn read(views: &Tables) -> Result<Self, StageError> {
        let columns = parse(views, &party_day::CONTRACT, party_day::Columns::parse)?;
        let owners = parse(views, &customer_purchase::CONTRACT, customer_purchase::Columns::parse)?;
        let places = purchase_places(&owners, columns.iter().map(|batch| &batch.purchase_index))?;
        Ok(Self { columns, places })
    }

    /// Lays the lists flat, to be asked for customers.
    pub(crate) fn by_customer(&self) -> Result<PurchasesByCustomer<'_>, StageError> {
        let lists = self.columns.iter().map(|batch| DayLists::new(&batch.days));
        Ok(PurchasesByCustomer { lists: lists.collect::<Result<_, _>>()?, places: &self.places })
    }
}

/// When each customer bought.
pub(crate) struct PurchasesByCustomer<'a> {
    lists: Vec<DayLists<'a>>,
    places: &'a [Place],
}

impl PurchasesByCustomer<'_> {
    /// The days of customers from that one on, to be asked by ascending customer.
    pub(crate) fn from(&self, customer_id: i64) -> SaleDays<'_> {
        let rest = from_customer(self.places, customer_id);
        SaleDays { lists: &self.lists, rest, n_near: 0, days: Vec::new() }
    }
}

/// Rows that are brought near together.
const ROWS_AHEAD: usize = 64;

/// The days of one customer after the other.
pub(crate) struct SaleDays<'a> {
    lists: &'a [DayLists<'a>],
    rest: &'a [Place],
    /// Places at the front of the rest that were brought near.
    n_near: usize,
    days: Vec<Day>,
}

impl SaleDays<'_> {
    /// The days of a customer with a sale, ascending; ids come in ascending order.
    pub(crate) fn of(&mut self, customer_id: i64) -> impl Iterator<Item = Day> + '_ {
        let n_before = self.rest.len();
        let n_passed = self.rest.iter().take_while(|it| it.customer_id < customer_id).count();
        self.rest = self.rest.get(n_passed..).unwrap_or_default();
        let mine = take_customer(&mut self.rest, customer_id);
        let n_taken = n_before - self.rest.len();
        if n_taken > self.n_near {
            self.n_near = n_taken + ROWS_AHEAD;
            DayLists::touch_all(self.lists, mine.iter().chain(self.rest.iter().take(ROWS_AHEAD)));
        }
        self.n_near -= n_taken;
        self.days.clear();
        for place in mine {
            let list = self.lists.get(place.batch as usize);
            self.days.extend(list.into_iter().flat_map(|list| list.of_row(place.row as usize)));
        }
        merge_days(&mut self.days);
        self.days.iter().copied().filter(|day| day.baskets > 0)
    }
}
