//! Days of birth.

use super::placeholder;

/// The day of birth; none when it is a default, in the future, or before anybody alive was born.
///
/// `day` and `today` are days since 1970-01-01.
pub fn birth_date(day: i32, today: i32) -> Option<i32> {
    (!placeholder::is_birth_date(day, today)).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_are_defaults_or_impossible_are_none() {
        let today = 20_000; // 2024-10-04
        for (day, what) in [
            (-25_567, "1900-01-01"),
            (2_932_896, "9999-12-31"),
            (20_001, "tomorrow"),
            (-30_000, "1887"),
            (i32::MIN, "no day at all"),
        ] {
            assert_eq!(birth_date(day, today), None, "{what}");
        }
        for day in [0, -20_000, today] {
            assert_eq!(birth_date(day, today), Some(day));
        }
        assert_eq!(birth_date(0, i32::MIN), None, "no arithmetic overflows");
    }
}
