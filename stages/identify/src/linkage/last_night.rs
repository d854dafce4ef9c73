//! Who records were last night, and to whom nothing has happened since.

use idip_numerics::linkage::{History, Model, Records};
use idip_schemas::identify::{identity_last_night, linkage_model_last_night};

/// What is known from last night.
pub(crate) struct LastNight<'a> {
    /// The model that was in force.
    pub(crate) model: &'a linkage_model_last_night::Columns,
    /// Who was who.
    pub(crate) map: &'a identity_last_night::Columns,
    /// Node of each row of the map; none for a reference that is gone.
    pub(crate) node_of_row: &'a [Option<u32>],
    /// Customer of each node; none for a new one.
    pub(crate) customer_of: &'a [Option<i64>],
}

impl LastNight<'_> {
    /// The model that was in force; none where there was none, or it cannot be read.
    pub(super) fn model(&self) -> Option<Model> {
        self.model.model.iter().flatten().next().and_then(|text| serde_json::from_str(text).ok())
    }

    /// Whether records were compared.
    pub(super) fn has_model(&self) -> bool {
        self.model.model.iter().flatten().next().is_some()
    }

    /// Who each record of the table was.
    ///
    /// References without a record that can be compared are left out: they follow their identifier.
    /// `is_comparable` is by node, `changed` as [`changed`](Self::changed) tells.
    pub(super) fn history(
        &self,
        table: &Records,
        node_of: &[u32],
        is_comparable: &[bool],
        changed: &[i64],
    ) -> History {
        let customers = table.rows().iter().map(|&row| {
            let node = *node_of.get(row as usize)? as usize;
            let customer = self.customer_of.get(node).copied().flatten();
            customer.filter(|_| is_comparable.get(node).copied().unwrap_or(false))
        });
        let customers: Vec<Option<i64>> = customers.collect();
        let mut ids: Vec<i64> = customers.iter().flatten().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return History::default();
        }
        let numbers = (0..).zip(&ids);
        let unchanged = numbers.filter(|(_, id)| changed.binary_search(id).is_err());
        let unchanged = unchanged.map(|(number, _)| number).collect();
        let number = |id: i64| ids.binary_search(&id).ok().map(|place| place as u32);
        History::new(customers.into_iter().map(|id| number(id?)).collect(), unchanged)
    }

    /// Nodes of each customer that did not change and has some that cannot be compared.
    pub(super) fn kept(
        &self,
        is_comparable: &[bool],
        fingerprints: &[Option<i64>],
        changed: &[i64],
    ) -> Vec<Vec<u32>> {
        let of_nodes = (0_u32..).zip(self.customer_of);
        let mut members: Vec<(i64, u32)> = of_nodes
            .filter_map(|(node, customer)| Some(((*customer)?, node)))
            .filter(|(customer, _)| changed.binary_search(customer).is_err())
            .collect();
        members.sort_unstable();
        let is_bare = |node: u32| !is_comparable.get(node as usize).copied().unwrap_or(false);
        // Where there is no fingerprint, nothing tells that settings are those of last night.
        let is_known = |node: u32| fingerprints.get(node as usize).is_some_and(Option::is_some);
        let customers = members.chunk_by(|a, b| a.0 == b.0).filter(|nodes| {
            nodes.len() > 1
                && nodes.iter().any(|it| is_bare(it.1))
                && nodes.iter().any(|it| is_known(it.1))
        });
        customers.map(|nodes| nodes.iter().map(|it| it.1).collect()).collect()
    }

    /// Customers of which some reference has another fingerprint than last night, or had one and has none any
    /// more, ascending.
    ///
    /// `fingerprints` are by node, of tonight.
    pub(super) fn changed(&self, fingerprints: &[Option<i64>]) -> Vec<i64> {
        let tonight = |node: &Option<u32>| fingerprints.get((*node)? as usize).copied().flatten();
        let before = self.map.fingerprint.iter().zip(self.map.customer_id.values());
        let rows = before.zip(self.node_of_row);
        let mut changed: Vec<i64> = rows
            .filter(|((before, _), node)| *before != tonight(node))
            .map(|((_, customer), _)| *customer)
            .collect();
        changed.sort_unstable();
        changed.dedup();
        changed
    }
}
