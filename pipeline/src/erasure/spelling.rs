//! References as they are hashed: as they are written, and as Identify compares them.

use std::borrow::Cow;

use idip_identify::Params;
use idip_identify::normalise::{Form, Kind, link_key};

/// Between kind and value of a compared form: no feed writes it, so that such a form is never taken for a
/// reference as somebody wrote it.
const SEPARATOR: char = '\u{1f}';

/// A reference as it is written: identifiers without blanks around and in lower case, but for payment
/// tokens, which their case tells apart; keys of a source as they are.
pub(super) fn as_written(party_ref: &str) -> Cow<'_, str> {
    match Kind::of_reference(party_ref) {
        Some((kind @ Kind::PaymentToken, token)) => {
            Cow::Owned(format!("{}:{}", kind.column(), token.trim()))
        }
        Some((kind, value)) => {
            Cow::Owned(format!("{}:{}", kind.column(), value.trim().to_lowercase()))
        }
        None => Cow::Borrowed(party_ref),
    }
}

/// An identifier in the form in which Identify compares it, whatever its spelling; none for keys of a
/// source and for values that name nobody.
pub(super) fn as_compared(party_ref: &str, params: &Params) -> Option<String> {
    let (kind, value) = Kind::of_reference(party_ref)?;
    let mut key = String::new();
    let form = link_key(kind, value, params.calling_code(None), &mut key);
    (form == Form::Proper).then(|| format!("{}{SEPARATOR}{key}", kind.column()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_tells_payment_tokens_apart_and_nothing_else_that_is_an_identifier() {
        assert_eq!(as_written("token: tOk1 "), "payment_token:tOk1");
        assert_ne!(as_written("token:tOk1"), as_written("token:tok1"));
        assert_eq!(as_written("email: Ana@Example.org"), "email:ana@example.org");
        assert_eq!(as_written("S-1a"), "S-1a");
    }

    #[test]
    fn spellings_of_one_identifier_are_one_and_of_no_reference_as_written() {
        let params = Params { default_calling_code: Some("34".to_owned()), ..Params::default() };
        let form = |name: &str| as_compared(name, &params);
        assert!(form("phone:600 11 12 22").is_some());
        assert_eq!(form("phone:600 11 12 22"), form("phone:+34600111222"));
        assert_eq!(form("email:an.a@gmail.com"), form("email:Ana@gmail.com"));
        assert_ne!(form("token:tOk1"), form("token:tok1"));
        assert_eq!((form("S-1"), form("email:n/a"), form("phone:12")), (None, None, None));
        assert_ne!(form("email:ana@gmail.com").as_deref(), Some("email:ana@gmail.com"));
    }
}
