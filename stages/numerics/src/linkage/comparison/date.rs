//! Days as numbers.

/// Day number of a text `YYYY-MM-DD` since 0000-03-01; none when it is no such day.
///
/// Hinnant's `days_from_civil`.
pub(super) fn day_number(text: &str) -> Option<i32> {
    let mut parts = text.split('-').map(|part| part.parse::<i32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let is_a_day = parts.next().is_none()
        && (0..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day);
    if !is_a_day {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_numbered_without_gap() {
        let day = |text| day_number(text).expect("is a day");
        assert_eq!(day("2001-01-01") - day("2000-01-01"), 366);
        assert_eq!(day("1970-01-01"), 719_468);
        assert_eq!(day("2000-03-01") - day("2000-02-28"), 2);
        for text in ["", "1999", "1999-13-01", "1999-01-00", "1999-01-01-01", "a-b-c"] {
            assert_eq!(day_number(text), None, "{text}");
        }
    }
}
