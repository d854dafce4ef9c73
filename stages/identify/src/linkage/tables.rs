//! What a linkage leaves behind: households, the model, the rules, the quality.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{Int64Array, StringArray};
use idip_numerics::linkage::{LinkageRun, RuleReach, reach};
use idip_schemas::TableContract;
use idip_schemas::identify::quality::{
    clerical_pair, clerical_part, customer_review, match_weight_bin,
};
use idip_schemas::identify::{
    blocking_rule, household, linkage_model, linkage_parameter, linkage_quality, match_weight,
    reference_fingerprint,
};
use idip_stage::{StageError, Tables};
use rayon::prelude::*;

use super::weights::match_weights;
use super::{LinkageParams, PersonLinkage, clerical, model_text};

/// The tables of one night.
pub(crate) struct LinkageTables<'a> {
    /// What was found; none where identifiers alone decided.
    pub(crate) linkage: Option<&'a PersonLinkage>,
    /// Node of each record of the view.
    pub(crate) node_of: &'a [u32],
    /// Names of the nodes, ascending.
    pub(crate) names: &'a StringArray,
    /// Customer of each node.
    pub(crate) customer_id: &'a [i64],
    /// Settings.
    pub(crate) params: &'a LinkageParams,
}

impl LinkageTables<'_> {
    const OF_WEIGHTS: [&'static TableContract; 9] = [
        &match_weight::CONTRACT,
        &household::CONTRACT,
        &linkage_model::CONTRACT,
        &linkage_parameter::CONTRACT,
        &blocking_rule::CONTRACT,
        &match_weight_bin::CONTRACT,
        &clerical_pair::CONTRACT,
        &clerical_part::CONTRACT,
        &reference_fingerprint::CONTRACT,
    ];

    /// Every table that is written.
    pub(crate) fn contracts() -> impl Iterator<Item = &'static TableContract> {
        let always = [&linkage_quality::CONTRACT, &customer_review::CONTRACT];
        Self::OF_WEIGHTS.into_iter().chain(always)
    }

    /// Adds the tables; those about weights are empty where there was no linkage.
    pub(crate) fn write(&self, tables: Tables) -> Result<Tables, StageError> {
        let n_records = self.n_records();
        let large = clerical::largest(&n_records, self.params.clerical_customers);
        let reviews = clerical::reviews(self, &n_records, &large);
        let (tables, n_households) = self.weights(tables, &large)?;
        let quality = self.quality(&n_records, n_households);
        Ok(tables
            .with(&linkage_quality::CONTRACT, vec![quality.into_batch()?])
            .with(&customer_review::CONTRACT, vec![reviews.into_batch()?]))
    }

    /// Adds the tables about weights; returns the number of households, too.
    fn weights(
        &self,
        tables: Tables,
        large: &BTreeSet<i64>,
    ) -> Result<(Tables, usize), StageError> {
        let Some(linkage) = self.linkage else {
            let none = Self::OF_WEIGHTS.into_iter();
            let tables =
                none.fold(tables, |tables, contract| tables.with(contract, vec![contract.empty()]));
            return Ok((tables, 0));
        };
        let run = &linkage.run;
        let (households, n_households) = self.households(linkage);
        let (pairs, parts) = clerical::pairs(self, linkage, large);
        let weights = match_weights(self, linkage);
        let tables = tables
            .with(&match_weight::CONTRACT, vec![weights.into_batch()?])
            .with(&household::CONTRACT, vec![households.into_batch()?])
            .with(&linkage_model::CONTRACT, vec![model(run)?.into_batch()?])
            .with(&linkage_parameter::CONTRACT, vec![parameters(run).into_batch()?])
            .with(&blocking_rule::CONTRACT, vec![rules(run).into_batch()?])
            .with(&match_weight_bin::CONTRACT, vec![bins(run).into_batch()?])
            .with(&clerical_pair::CONTRACT, vec![pairs.into_batch()?])
            .with(&clerical_part::CONTRACT, vec![parts.into_batch()?])
            .with(&reference_fingerprint::CONTRACT, vec![self.fingerprints(linkage).into_batch()?]);
        Ok((tables, n_households))
    }

    /// Ascending by reference: nodes are numbered in their order.
    fn fingerprints(&self, linkage: &PersonLinkage) -> reference_fingerprint::Columns {
        let known = || (0_u32..).zip(&linkage.fingerprints).filter(|it| it.1.is_some());
        let names = known().map(|(node, _)| Some(self.names.value(node as usize)));
        reference_fingerprint::Columns {
            party_ref: names.collect(),
            customer_id: known().map(|(node, _)| self.customer(node)).collect(),
            fingerprint: known().map(|(_, fingerprint)| *fingerprint).collect(),
        }
    }

    pub(super) fn node(&self, linkage: &PersonLinkage, record: u32) -> Option<u32> {
        let row = linkage.records.rows().get(record as usize)?;
        self.node_of.get(*row as usize).copied()
    }

    pub(super) fn customer(&self, node: u32) -> Option<i64> {
        self.customer_id.get(node as usize).copied()
    }

    /// Households of two customers and more, and how many there are.
    fn households(&self, linkage: &PersonLinkage) -> (household::Columns, usize) {
        let found = &linkage.run.linkage;
        let mut members: Vec<(u32, i64)> = linkage
            .people(self.node_of)
            .filter_map(|(person, node)| {
                let household = *found.household_of.get(person as usize)?;
                Some((household, self.customer(node)?))
            })
            .collect();
        members.par_sort_unstable();
        members.dedup();
        let mut rows: Vec<(i64, i64, i64)> = Vec::new();
        let mut n_households = 0;
        for group in members.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            n_households += 1;
            let smallest = group.first().map_or(0, |member| member.1);
            rows.extend(group.iter().map(|member| (member.1, smallest, group.len() as i64)));
        }
        rows.sort_unstable();
        // A customer is in one household: the first, should its people have been joined since.
        rows.dedup_by_key(|row| row.0);
        let columns = household::Columns {
            customer_id: rows.iter().map(|row| row.0).collect(),
            household_id: rows.iter().map(|row| row.1).collect(),
            n_customers: rows.iter().map(|row| row.2).collect(),
        };
        (columns, n_households)
    }

    /// Records of each customer that has some, by customer.
    fn n_records(&self) -> Vec<(i64, u64)> {
        let of_records = self.node_of.par_iter();
        let mut customers: Vec<i64> = of_records.filter_map(|&node| self.customer(node)).collect();
        customers.par_sort_unstable();
        let runs = customers.chunk_by(|a, b| a == b);
        runs.filter_map(|run| Some((*run.first()?, run.len() as u64))).collect()
    }

    fn quality(&self, n_records: &[(i64, u64)], n_households: usize) -> linkage_quality::Columns {
        let count = |n: u64| Some(n as f64);
        let mut of_size: BTreeMap<u64, u64> = BTreeMap::new();
        for &(_, size) in n_records {
            *of_size.entry(size).or_default() += 1;
        }
        let sizes = of_size.iter();
        let mut rows: Vec<(&str, i64, Option<f64>)> =
            sizes.map(|(&size, &n)| ("customers_of_size", size as i64, count(n))).collect();
        rows.push(("records", 0, count(self.node_of.len() as u64)));
        if let Some(linkage) = self.linkage {
            let found = &linkage.run.linkage;
            rows.extend([
                ("blocking_recall", 0, found.quality.blocking_recall),
                ("expected_precision", 0, found.quality.precision),
                ("expected_recall", 0, found.quality.recall),
                ("households", 0, count(n_households as u64)),
                ("least_weight", 0, Some(self.params.least_weight)),
                ("linked_pairs", 0, count(found.n_links.iter().sum())),
                ("pairs", 0, count(found.n_pairs.iter().sum())),
                ("people", 0, count(found.n_people as u64)),
                ("people_for_review", 0, count(found.for_review.len() as u64)),
                ("refused_links", 0, count(found.n_refused)),
                ("violated_guards", 0, count(found.n_violations)),
            ]);
            let drift = linkage.run.model.drift(&found.n_level_pairs).into_iter().flatten();
            rows.push(("drift", 0, drift.max_by(f64::total_cmp)));
        }
        rows.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        linkage_quality::Columns {
            metric: rows.iter().map(|row| Some(row.0)).collect(),
            size: rows.iter().map(|row| row.1).collect(),
            value: rows.iter().map(|row| row.2).collect(),
        }
    }
}

fn bins(run: &LinkageRun) -> match_weight_bin::Columns {
    let bins = &run.linkage.weights;
    match_weight_bin::Columns {
        from_bits: bins.iter().map(|bin| i64::from(bin.from_bits)).collect(),
        n_pairs: bins.iter().map(|bin| bin.n_pairs as i64).collect(),
        n_linked: bins.iter().map(|bin| bin.n_linked.map(|n| n as i64)).collect(),
    }
}

fn model(run: &LinkageRun) -> Result<linkage_model::Columns, StageError> {
    Ok(linkage_model::Columns {
        version: vec![i64::from(run.model.version)].into(),
        n_records: vec![run.model.n_records as i64].into(),
        model: StringArray::from(vec![model_text(&run.model)?]),
    })
}

fn parameters(run: &LinkageRun) -> linkage_parameter::Columns {
    let has_household = run.model.household_prior.is_some();
    let counts = &run.linkage.n_level_pairs;
    let mut rows: Vec<(&str, i64, &str, f64, f64, f64, i64)> = Vec::new();
    for (comparison, counts) in run.model.comparisons.iter().zip(counts) {
        for (place, level) in comparison.levels.iter().enumerate() {
            rows.push((
                &comparison.name,
                place as i64 + 1,
                &level.label,
                level.same_person,
                level.same_household,
                level.strangers,
                counts.get(place + 1).copied().unwrap_or(0) as i64,
            ));
        }
    }
    rows.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    linkage_parameter::Columns {
        comparison: rows.iter().map(|row| Some(row.0)).collect(),
        level: rows.iter().map(|row| row.1).collect(),
        label: rows.iter().map(|row| Some(row.2)).collect(),
        same_person: rows.iter().map(|row| Some(row.3)).collect(),
        same_household: rows.iter().map(|row| has_household.then_some(row.4)).collect(),
        strangers: rows.iter().map(|row| Some(row.5)).collect(),
        weight: rows.iter().map(|row| Some(row.3.log2() - row.5.log2())).collect(),
        n_pairs: rows.iter().map(|row| row.6).collect(),
    }
}

fn rules(run: &LinkageRun) -> blocking_rule::Columns {
    let reach = reach(&run.blocks);
    let counts = |list: &[u64]| -> Int64Array { list.iter().map(|&n| n as i64).collect() };
    let column = |of: fn(&RuleReach) -> u64| -> Int64Array {
        reach.iter().map(|rule| of(rule) as i64).collect()
    };
    blocking_rule::Columns {
        rule_index: (0..reach.len() as i64).collect(),
        rule: reach.iter().map(|rule| Some(rule.rule.to_string())).collect(),
        n_pairs: column(|rule| rule.n_pairs),
        n_pairs_kept: column(|rule| rule.n_pairs_kept),
        n_pairs_compared: counts(&run.linkage.n_pairs),
        n_links: counts(&run.linkage.n_links),
        n_blocks: column(|rule| rule.n_blocks),
        n_largest: column(|rule| rule.n_largest),
        n_oversized: column(|rule| rule.n_oversized),
    }
}
