//! The step `personalize.offer_file`: what a CRM imports, checked once more before it is written.

use arrow_array::{Array, StringArray, UInt32Array};
use arrow_select::take::take;
use idip_schemas::interact::{channel_permission, contact_channel, contact_plan, contact_summary};
use idip_schemas::personalize::{
    offer_assignment, offer_file, offer_file_breach, offer_file_draft,
};
use idip_schemas::{TableContract, build_batch, differentiate, identify, source};
use idip_stage::{Read, RunContext, StageError, Step, Tables, View};

/// Joins offers and addresses of the contacts, and refuses to write a file with a party in it that
/// must not be contacted.
#[derive(Debug)]
pub(crate) struct OfferFile;

impl Step for OfferFile {
    fn name(&self) -> &'static str {
        "personalize.offer_file"
    }

    fn views(&self) -> Vec<View> {
        vec![
            View::new(
                &offer_file_draft::CONTRACT,
                vec![
                    Read::Table(&offer_assignment::CONTRACT),
                    Read::Table(&channel_permission::CONTRACT),
                    Read::Table(&contact_channel::CONTRACT),
                    Read::Table(&contact_plan::CONTRACT),
                    Read::Table(&differentiate::customer_segment::CONTRACT),
                    Read::Table(&identify::golden_customer::CONTRACT),
                    Read::Table(&source::offer::CONTRACT),
                ],
                include_str!("views/offer_file_draft.sql"),
            ),
            View::new(
                &offer_file_breach::CONTRACT,
                vec![
                    Read::Table(&offer_assignment::CONTRACT),
                    Read::Table(&channel_permission::CONTRACT),
                    Read::Table(&identify::identity_map::CONTRACT),
                    Read::Table(&identify::golden_customer::CONTRACT),
                    Read::Table(&source::suppression::CONTRACT),
                    Read::Table(&source::erased_suppression::CONTRACT),
                ],
                include_str!("views/offer_file_breach.sql"),
            ),
            View::whole(&contact_summary::CONTRACT),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&offer_file::CONTRACT]
    }

    fn settings(&self) -> String {
        String::new()
    }

    fn run(&self, _context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let breaches = views.batch(&offer_file_breach::CONTRACT)?;
        let breaches = offer_file_breach::Columns::parse(&breaches)?;
        let draft_batch = views.batch(&offer_file_draft::CONTRACT)?;
        let draft = offer_file_draft::Columns::parse(&draft_batch)?;
        let summary = contact_summary::Columns::parse(&views.batch(&contact_summary::CONTRACT)?)?;
        check_breaches(&breaches)?;
        check_addresses(&draft)?;
        let order = check_rows(&draft, &summary)?;

        let columns = offer_file::CONTRACT
            .columns
            .iter()
            .filter_map(|column| draft_batch.column_by_name(column.name))
            .map(|values| take(values, &order, None))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| StageError::Arrow { table: offer_file::CONTRACT.name, source })?;
        let written = build_batch(&offer_file::CONTRACT, columns)?;
        Ok(Tables::default().with(&offer_file::CONTRACT, vec![written]))
    }
}

fn refused(message: &str) -> StageError {
    StageError::Data {
        message: format!("the offer file is not written: {message}"),
        hint: Some("this is a fault of the program; please report it".to_owned()),
    }
}

fn check_breaches(breaches: &offer_file_breach::Columns) -> Result<(), StageError> {
    let n = breaches.breach.len();
    if n == 0 {
        return Ok(());
    }
    let n_suppressed = breaches.breach.iter().filter(|&b| b == Some("suppressed")).count();
    Err(refused(&format!(
        "{n_suppressed} planned contact(s) are suppressed and {} have no permission, expected none",
        n - n_suppressed
    )))
}

/// Every row has the address its channel needs, and no other.
fn check_addresses(draft: &offer_file_draft::Columns) -> Result<(), StageError> {
    let known = |column: &StringArray, row| column.is_valid(row) && !column.value(row).is_empty();
    let n_wrong = (0..draft.address.len())
        .filter(|&row| {
            let needs = |address: &str| draft.address.value(row) == address;
            needs("email") != known(&draft.email, row)
                || needs("phone") != known(&draft.phone, row)
                || needs("handle") != known(&draft.handle, row)
                || needs("postal") != known(&draft.street, row)
        })
        .count();
    if n_wrong == 0 {
        return Ok(());
    }
    Err(refused(&format!("{n_wrong} row(s) have another address than their channel needs")))
}

/// Returns the rows in the order of the key, when they are exactly the contacts of the plan.
fn check_rows(
    draft: &offer_file_draft::Columns,
    summary: &contact_summary::Columns,
) -> Result<UInt32Array, StageError> {
    let ids = draft.customer_id.values();
    let mut order: Vec<u32> = (0..ids.len() as u32).collect();
    let id = |row: &u32| ids.get(*row as usize).copied();
    order.sort_unstable_by_key(id);
    let repeated = order.windows(2).filter(|w| w.first().map(id) == w.last().map(id)).count();
    if repeated > 0 {
        return Err(refused(&format!("{repeated} row(s) repeat a customer")));
    }
    let n_planned: i64 = (0..summary.n_customers.values().len())
        .filter(|&row| summary.decision.value(row) == "contact")
        .map(|row| summary.n_customers.value(row))
        .sum();
    if n_planned != ids.len() as i64 {
        return Err(refused(&format!(
            "it has {} row(s), expected one for each of {n_planned} planned contact(s)",
            ids.len()
        )));
    }
    Ok(UInt32Array::from(order))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::context;

    /// Customer, address its channel needs, e-mail, phone.
    type Row = (i64, &'static str, Option<&'static str>, Option<&'static str>);

    const ANA: Row = (2, "email", Some("ana@example.org"), None);
    const BEN: Row = (1, "phone", None, Some("+34600000001"));

    fn run(rows: &[Row], breach: Option<&str>, n_planned: i64) -> Result<Vec<i64>, String> {
        let n = rows.len();
        let draft = offer_file_draft::Columns {
            customer_id: rows.iter().map(|row| row.0).collect::<Vec<_>>().into(),
            channel: vec!["some"; n].into(),
            address: rows.iter().map(|row| Some(row.1)).collect(),
            send_on: vec![100; n].into(),
            offer_id: vec![Some("a"); n].into(),
            offer_name: vec![Some("A gift"); n].into(),
            email: rows.iter().map(|row| row.2).collect(),
            phone: rows.iter().map(|row| row.3).collect(),
            handle: vec![None::<&str>; n].into(),
            street: vec![None::<&str>; n].into(),
            postal_code: vec![None::<&str>; n].into(),
            city: vec![None::<&str>; n].into(),
            country: vec![None::<&str>; n].into(),
            first_name: vec![None::<&str>; n].into(),
            last_name: vec![None::<&str>; n].into(),
            language: vec![None::<&str>; n].into(),
            value_segment: vec!["best"; n].into(),
            need_segment: vec!["fresh"; n].into(),
            reason: vec!["nurture"; n].into(),
        };
        let breaches = offer_file_breach::Columns {
            customer_id: breach.iter().map(|_| 2).collect::<Vec<i64>>().into(),
            breach: breach.iter().map(|&breach| Some(breach)).collect(),
        };
        let summary = contact_summary::Columns {
            decision: vec!["contact", "none"].into(),
            reason: vec!["nurture", "no_consent"].into(),
            channel: vec!["some", "-"].into(),
            n_customers: vec![n_planned, 5].into(),
        };
        let views = Tables::default()
            .with(&offer_file_draft::CONTRACT, vec![draft.into_batch().expect("draft")])
            .with(&offer_file_breach::CONTRACT, vec![breaches.into_batch().expect("breaches")])
            .with(&contact_summary::CONTRACT, vec![summary.into_batch().expect("summary")]);
        let written = OfferFile.run(&context(), &views).map_err(|error| error.to_string())?;
        let batch = written.batch(&offer_file::CONTRACT).expect("is written");
        let file = offer_file::Columns::parse(&batch).expect("keeps its contract");
        assert_eq!(file.email.len(), n);
        Ok(file.customer_id.values().to_vec())
    }

    #[test]
    fn the_file_holds_the_planned_contacts_by_id() {
        assert_eq!(run(&[ANA, BEN], None, 2), Ok(vec![1, 2]));
        assert_eq!(run(&[], None, 0), Ok(vec![]));
    }

    #[test]
    fn a_suppressed_or_unpermitted_party_stops_the_file() {
        assert_eq!(
            run(&[ANA], Some("suppressed"), 1).expect_err("is refused"),
            "the offer file is not written: 1 planned contact(s) are suppressed and 0 have no \
             permission, expected none"
        );
        assert_eq!(
            run(&[ANA], Some("not_permitted"), 1).expect_err("is refused"),
            "the offer file is not written: 0 planned contact(s) are suppressed and 1 have no \
             permission, expected none"
        );
    }

    #[test]
    fn a_missing_or_second_address_stops_the_file_without_naming_it() {
        let missing: Row = (2, "email", None, None);
        let second: Row = (2, "email", Some("ana@example.org"), Some("+34600000001"));
        for row in [missing, second] {
            assert_eq!(
                run(&[row], None, 1).expect_err("is refused"),
                "the offer file is not written: 1 row(s) have another address than their channel \
                 needs"
            );
        }
    }

    #[test]
    fn a_lost_or_repeated_contact_stops_the_file() {
        assert_eq!(
            run(&[ANA], None, 2).expect_err("is refused"),
            "the offer file is not written: it has 1 row(s), expected one for each of 2 planned \
             contact(s)"
        );
        assert_eq!(
            run(&[ANA, ANA], None, 2).expect_err("is refused"),
            "the offer file is not written: 1 row(s) repeat a customer"
        );
    }
}
