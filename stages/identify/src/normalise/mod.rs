//! Identifiers and names in the form in which they are compared.
//!
//! Each kind has its rules in a file of its own, and what varies between providers, countries or
//! languages is a table there, not code.

mod birth_date;
mod city;
mod code;
mod email;
mod name;
mod nickname;
mod phone;
mod phone_plan;
mod placeholder;
mod postcode;
mod street;
mod title;

pub use birth_date::birth_date;
pub use city::city;
pub use name::{collapse_spaces, fold, name_key, names_agree, split_name};
pub use nickname::{formal_names, is_nickname};
pub use phone::CallingCode;
pub use postcode::postcode;
pub use street::{Street, street, street_parts};
pub use title::without_titles;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of identifier that a record may hold.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Loyalty card.
    LoyaltyId,
    /// Payment token.
    PaymentToken,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Name on a social platform.
    Handle,
}

impl Kind {
    /// Every kind, in the order of trust.
    pub const ALL: [Self; 5] =
        [Self::LoyaltyId, Self::PaymentToken, Self::Email, Self::Phone, Self::Handle];

    /// Name of the column that holds it.
    pub fn column(self) -> &'static str {
        match self {
            Self::LoyaltyId => "loyalty_id",
            Self::PaymentToken => "payment_token",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Handle => "handle",
        }
    }

    /// Position in [`Self::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Whether one value belongs to one person by design, whatever the names say.
    pub fn is_hard(self) -> bool {
        matches!(self, Self::LoyaltyId | Self::PaymentToken)
    }

    /// The kind and the identifier of a reference such as `email:ana@example.org`.
    pub fn of_reference(party_ref: &str) -> Option<(Self, &str)> {
        let (prefix, value) = party_ref.split_once(':')?;
        let kind = match prefix {
            "loyalty" => Self::LoyaltyId,
            "token" => Self::PaymentToken,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "handle" => Self::Handle,
            _ => return None,
        };
        Some((kind, value))
    }
}

/// What became of a raw identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Empty, or not of the shape of its kind; never links.
    Unusable,
    /// Stands for "none", as `n/a` or `0000000`; never links.
    Placeholder,
    /// Names somebody.
    Proper,
}

/// Writes the form of an identifier that is compared into `out`, which is emptied first.
///
/// A placeholder leaves its trimmed lower-case text in `out`, an unusable value nothing.
pub fn link_key(kind: Kind, raw: &str, calling_code: CallingCode<'_>, out: &mut String) -> Form {
    out.clear();
    let raw = raw.trim();
    if raw.is_empty() {
        return Form::Unusable;
    }
    let form = if placeholder::is_word(raw) {
        Form::Placeholder
    } else {
        match kind {
            Kind::LoyaltyId => code::loyalty_id(raw, out),
            Kind::PaymentToken => code::payment_token(raw, out),
            Kind::Email => email::link_key(raw, out),
            Kind::Phone => phone::e164(raw, calling_code, out),
            Kind::Handle => code::handle(raw, out),
        }
    };
    match form {
        Form::Proper => {}
        Form::Unusable => out.clear(),
        Form::Placeholder => {
            out.clear();
            out.extend(raw.chars().flat_map(char::to_lowercase));
        }
    }
    form
}

/// Writes the form of an identifier that a message is sent to, or a person reads, into `out`.
///
/// It is the form of [`link_key`] except for e-mail, where dots and suffixes stay as written.
pub fn display_form(
    kind: Kind,
    raw: &str,
    calling_code: CallingCode<'_>,
    out: &mut String,
) -> Form {
    let form = link_key(kind, raw, calling_code, out);
    if form == Form::Proper && kind == Kind::Email {
        email::address(raw, out);
    }
    form
}

/// A name or address part for people to read: spaces collapsed, none when it says nothing.
pub fn text<'a>(raw: &str, out: &'a mut String) -> Option<&'a str> {
    collapse_spaces(raw, out);
    (!out.is_empty() && !placeholder::is_word(out)).then_some(out.as_str())
}

/// A name for people to read, without titles; none when it is a placeholder such as `sin nombre`.
pub fn person_name<'a>(raw: &str, out: &'a mut String) -> Option<&'a str> {
    let name = without_titles(text(raw, out)?);
    (!placeholder::is_name(name)).then_some(name)
}

/// Whether a day of birth stands for "not known".
///
/// `day` and `today` are days since 1970-01-01.
pub fn is_birth_date_placeholder(day: i32, today: i32) -> bool {
    placeholder::is_birth_date(day, today)
}

/// Whether a day of birth stands for "not known" among people of any time.
///
/// As [`is_birth_date_placeholder`], but nobody is too old.
pub fn is_birth_date_default(day: i32, today: i32) -> bool {
    placeholder::is_no_birth_date(day, today)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_with_a_known_prefix_is_that_identifier() {
        assert_eq!(Kind::of_reference("email:a@b.es"), Some((Kind::Email, "a@b.es")));
        assert_eq!(Kind::of_reference("handle:x:ana"), Some((Kind::Handle, "x:ana")));
        assert_eq!(Kind::of_reference("token:t"), Some((Kind::PaymentToken, "t")));
        assert_eq!(Kind::of_reference("crm:7"), None);
        assert_eq!(Kind::of_reference("7"), None);
    }

    #[test]
    fn the_index_of_a_kind_is_its_place_in_the_list() {
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), index);
        }
    }

    #[test]
    fn words_for_nothing_are_placeholders_of_every_kind() {
        let mut out = String::new();
        for kind in Kind::ALL {
            for raw in ["n/a", " None ", "NULL", "-", "unknown", "Anonymous", "test"] {
                let form = link_key(kind, raw, CallingCode::Unknown, &mut out);
                assert_eq!((form, out.as_str()), (Form::Placeholder, &*raw.trim().to_lowercase()));
            }
            assert_eq!(link_key(kind, "  ", CallingCode::Unknown, &mut out), Form::Unusable);
        }
    }

    #[test]
    fn the_address_for_sending_keeps_what_the_link_key_drops() {
        let mut out = String::new();
        let raw = " Ana.Garcia+shop@GoogleMail.com ";
        assert_eq!(link_key(Kind::Email, raw, CallingCode::Unknown, &mut out), Form::Proper);
        assert_eq!(out, "anagarcia@gmail.com");
        assert_eq!(display_form(Kind::Email, raw, CallingCode::Unknown, &mut out), Form::Proper);
        assert_eq!(out, "ana.garcia+shop@googlemail.com");
    }

    #[test]
    fn a_name_that_says_nothing_is_none() {
        let mut out = String::new();
        assert_eq!(person_name("  Ana   María ", &mut out), Some("Ana María"));
        assert_eq!(person_name("Sra.  Ana", &mut out), Some("Ana"));
        assert_eq!(person_name("Sin  Nombre", &mut out), None);
        assert_eq!(person_name("xxx", &mut out), None);
        assert_eq!(text("  ", &mut out), None);
        assert_eq!(text(" Calle  Mayor 1 ", &mut out), Some("Calle Mayor 1"));
    }
}
