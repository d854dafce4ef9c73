//! Loyalty cards, payment tokens and names on social platforms.

use super::{Form, placeholder};

/// Writes a card number in upper case without spaces into `out`.
pub(super) fn loyalty_id(raw: &str, out: &mut String) -> Form {
    out.extend(unfloated(raw).chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase));
    judge(out)
}

/// Writes a token as it stands into `out`; its letters' case can tell tokens apart (base64).
pub(super) fn payment_token(raw: &str, out: &mut String) -> Form {
    out.push_str(unfloated(raw));
    judge(out)
}

/// Writes `name` or `platform:name` in lower case, without at sign, into `out`.
pub(super) fn handle(raw: &str, out: &mut String) -> Form {
    let (platform, name) = match raw.split_once(':') {
        Some((platform, name)) => (platform.trim(), name.trim()),
        None => ("", raw),
    };
    let name = name.trim_start_matches('@');
    if name.is_empty() || name.contains(char::is_whitespace) || name.contains('/') {
        return Form::Unusable;
    }
    if placeholder::is_word(name) {
        return Form::Placeholder;
    }
    if !platform.is_empty() {
        out.extend(platform.chars().flat_map(char::to_lowercase));
        out.push(':');
    }
    out.extend(name.chars().flat_map(char::to_lowercase));
    Form::Proper
}

fn judge(code: &str) -> Form {
    if is_spreadsheet_float(code) {
        Form::Unusable
    } else if placeholder::is_code(code) {
        Form::Placeholder
    } else {
        Form::Proper
    }
}

/// A number without the `.0` that tools add when they take a column of codes for floats.
fn unfloated(raw: &str) -> &str {
    match raw.strip_suffix(".0") {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => digits,
        _ => raw,
    }
}

/// Whether a spreadsheet has rounded the code away, as in `1.23457E+15`.
fn is_spreadsheet_float(code: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let Some((mantissa, exponent)) = code.split_once(['E', 'e']) else { return false };
    let Some(exponent) = exponent.strip_prefix('+') else { return false };
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    digits(whole) && digits(fraction) && digits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rule: fn(&str, &mut String) -> Form, raw: &str) -> (Form, String) {
        let mut out = String::new();
        let form = rule(raw, &mut out);
        (form, out)
    }

    #[test]
    fn cards_are_compared_without_case_and_spaces() {
        assert_eq!(read(loyalty_id, "es 1234 x"), (Form::Proper, "ES1234X".to_owned()));
        assert_eq!(read(loyalty_id, "12345.0"), (Form::Proper, "12345".to_owned()));
        assert_eq!(read(loyalty_id, "0000"), (Form::Placeholder, "0000".to_owned()));
    }

    #[test]
    fn a_code_that_a_spreadsheet_rounded_is_unusable() {
        assert_eq!(read(loyalty_id, "1.23457E+15").0, Form::Unusable);
        assert_eq!(read(loyalty_id, "1,2e+15").0, Form::Unusable);
        assert_eq!(read(loyalty_id, "12E15").0, Form::Proper);
        assert_eq!(read(payment_token, "CAFE+15").0, Form::Proper);
    }

    #[test]
    fn tokens_keep_their_case() {
        assert_eq!(read(payment_token, "tOk1"), (Form::Proper, "tOk1".to_owned()));
    }

    #[test]
    fn handles_drop_the_at_sign_and_keep_the_platform() {
        assert_eq!(read(handle, "@Ana_G"), (Form::Proper, "ana_g".to_owned()));
        assert_eq!(read(handle, "Instagram: @Ana_G"), (Form::Proper, "instagram:ana_g".to_owned()));
        assert_eq!(read(handle, "instagram:anonymous").0, Form::Placeholder);
        assert_eq!(read(handle, "@").0, Form::Unusable);
        assert_eq!(read(handle, "https://x.com/ana").0, Form::Unusable);
    }
}
