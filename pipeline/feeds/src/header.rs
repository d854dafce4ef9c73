//! Finds the wanted columns in a header, by name.

use std::path::Path;

use crate::reject::shape;
use crate::{FeedError, RawColumn};

/// Headers named in a message, at most: a wide file is not printed whole.
const NAMES_SHOWN_MAX: usize = 60;

/// Returns the position in the header of each wanted column.
///
/// Names are compared exactly, without the blanks around. A name that is there twice is an error
/// only where it is wanted: other columns are not looked at.
pub(crate) fn positions(
    path: &Path,
    header: &[String],
    wanted: &[RawColumn],
) -> Result<Vec<usize>, FeedError> {
    let header: Vec<&str> = header.iter().map(|name| name.trim()).collect();
    let mut found = Vec::with_capacity(wanted.len());
    let (mut problems, mut looks_like_header) = (Vec::new(), false);
    for column in wanted {
        let name = column.name.as_str();
        let at: Vec<usize> =
            header.iter().enumerate().filter(|(_, it)| **it == name).map(|(i, _)| i).collect();
        looks_like_header |= !at.is_empty();
        match at.as_slice() {
            [] => {
                let hint = closest(name, &header);
                looks_like_header |= hint.is_some();
                let hint = hint.map(|it| format!(", did you mean `{it}`?")).unwrap_or_default();
                problems.push(format!("column `{name}` is missing{hint}"));
            }
            [i] => found.push(*i),
            several => problems.push(format!("column `{name}` is there {} times", several.len())),
        }
    }
    if problems.is_empty() {
        return Ok(found);
    }
    Err(FeedError::Header {
        path: path.to_owned(),
        problems,
        found: described(&header, looks_like_header),
    })
}

/// A first line without any wanted name may be a row of data: only its shape is shown then.
fn described(header: &[&str], looks_like_header: bool) -> String {
    let shown = header.iter().take(NAMES_SHOWN_MAX);
    let names: Vec<String> = if looks_like_header {
        shown.map(|name| format!("`{name}`")).collect()
    } else {
        shown.map(|name| format!("`{}`", shape(name))).collect()
    };
    let more = if header.len() > NAMES_SHOWN_MAX { ", and more" } else { "" };
    let what = if looks_like_header {
        "columns:"
    } else {
        "columns, and none that is asked for (another file, another delimiter or no header?), shaped"
    };
    format!("{} {what} {}{more}", header.len(), names.join(", "))
}

/// Returns the header that a name was probably meant to be.
fn closest<'a>(name: &str, header: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(name);
    header
        .iter()
        .map(|&it| (strsim::osa_distance(&wanted, &plain(it)), it))
        .min()
        // At most two letters in five may differ: `date` is no misspelling of `name`.
        .filter(|(distance, it)| 5 * distance <= 2 * name.chars().count().max(it.chars().count()))
        .map(|(_, it)| it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RawKind;

    fn find(header: &[&str], wanted: &[&str]) -> Result<Vec<usize>, String> {
        let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
        let wanted: Vec<_> =
            wanted.iter().map(|&name| RawColumn::required(name, RawKind::Text)).collect();
        positions(Path::new("sales.csv"), &header, &wanted).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        assert_eq!(find(&["b", " a ", "c", "c", ""], &["a", "b"]), Ok(vec![1, 0]));
    }

    #[test]
    fn all_that_is_wrong_with_a_header_is_told_at_once() {
        assert_eq!(
            find(&["customer_id", "Ammount", "date", "date"], &["CustomerID", "Amount", "date"]),
            Err("feed `sales.csv`: \
                 column `CustomerID` is missing, did you mean `customer_id`?; \
                 column `Amount` is missing, did you mean `Ammount`?; \
                 column `date` is there 2 times; \
                 found 4 columns: `customer_id`, `Ammount`, `date`, `date`"
                .into())
        );
    }

    #[test]
    fn a_row_of_data_in_place_of_a_header_is_not_shown() {
        assert_eq!(
            find(&["17850", "ann@example.org"], &["customer", "email"]),
            Err("feed `sales.csv`: column `customer` is missing; column `email` is missing; \
                 found 2 columns, and none that is asked for (another file, another delimiter or \
                 no header?), shaped `99999`, `aaa@aaaaaaa.`"
                .into())
        );
    }
}
