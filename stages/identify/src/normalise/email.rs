//! E-mail addresses.

use super::{Form, placeholder};

/// How a mail provider reads the part before the at sign.
struct Provider {
    /// Domains of the provider; the first one stands for them all.
    domains: &'static [&'static str],
    /// Whether the domains reach one mailbox, so that the first one replaces the others.
    one_mailbox: bool,
    /// Whether dots in the mailbox mean nothing.
    ignores_dots: bool,
    /// Character that starts a suffix which means nothing.
    suffix: Option<char>,
}

/// Providers whose rules are published; every other mailbox is taken as it is written.
///
/// Google: "dots don't matter", `+` and googlemail.com; Microsoft, Apple, Proton, Fastmail: `+`;
/// Yahoo: a disposable address is a base name, `-` and a keyword, and no other name has a hyphen.
const PROVIDERS: &[Provider] = &[
    Provider {
        domains: &["gmail.com", "googlemail.com"],
        one_mailbox: true,
        ignores_dots: true,
        suffix: Some('+'),
    },
    Provider {
        domains: &["outlook.com", "outlook.es", "hotmail.com", "hotmail.es", "live.com", "msn.com"],
        one_mailbox: false,
        ignores_dots: false,
        suffix: Some('+'),
    },
    Provider {
        domains: &["icloud.com", "me.com", "mac.com"],
        one_mailbox: false,
        ignores_dots: false,
        suffix: Some('+'),
    },
    Provider {
        domains: &["proton.me", "protonmail.com", "pm.me"],
        one_mailbox: true,
        ignores_dots: true,
        suffix: Some('+'),
    },
    Provider {
        domains: &["fastmail.com", "fastmail.fm"],
        one_mailbox: false,
        ignores_dots: false,
        suffix: Some('+'),
    },
    Provider {
        domains: &[
            "yahoo.com",
            "yahoo.es",
            "yahoo.co.uk",
            "yahoo.fr",
            "yahoo.de",
            "yahoo.it",
            "ymail.com",
        ],
        one_mailbox: false,
        ignores_dots: false,
        suffix: Some('-'),
    },
];

/// Longest address that can be delivered (RFC 5321, 4.5.3.1.3, less the brackets).
const LONGEST: usize = 254;

/// Writes the address in lower case into `out`, without `mailto:` and brackets.
pub(super) fn address(raw: &str, out: &mut String) {
    out.clear();
    let raw = raw.trim();
    // "Ana <ana@shop.es>" as mail programs export it.
    let raw = match (raw.rfind('<'), raw.strip_suffix('>')) {
        (Some(open), Some(inner)) => inner.get(open + 1..).unwrap_or(raw),
        _ => raw,
    };
    let scheme = raw.get(.."mailto:".len()).filter(|s| s.eq_ignore_ascii_case("mailto:"));
    let raw = raw.get(scheme.map_or(0, str::len)..).unwrap_or(raw).trim();
    let raw = raw.strip_suffix('.').unwrap_or(raw);
    if raw.is_ascii() {
        out.push_str(raw);
        out.make_ascii_lowercase();
    } else {
        out.extend(raw.chars().flat_map(char::to_lowercase));
    }
}

/// Writes the mailbox that an address reaches into `out`.
pub(super) fn link_key(raw: &str, out: &mut String) -> Form {
    address(raw, out);
    let Some((mailbox, domain)) = out.rsplit_once('@') else { return Form::Unusable };
    if !is_deliverable(mailbox, domain) || out.len() > LONGEST {
        return Form::Unusable;
    }
    if placeholder::is_email(mailbox, domain) {
        return Form::Placeholder;
    }
    let Some(provider) = PROVIDERS.iter().find(|provider| provider.domains.contains(&domain))
    else {
        return Form::Proper;
    };
    let base =
        provider.suffix.and_then(|mark| mailbox.split_once(mark)).map_or(mailbox, |(base, _)| base);
    let domain = match provider.domains.first() {
        Some(first) if provider.one_mailbox => first,
        _ => domain,
    };
    let mut key = String::with_capacity(out.len());
    key.extend(base.chars().filter(|&c| c != '.' || !provider.ignores_dots));
    if key.is_empty() {
        return Form::Unusable;
    }
    key.push('@');
    key.push_str(domain);
    *out = key;
    Form::Proper
}

fn is_deliverable(mailbox: &str, domain: &str) -> bool {
    let bad =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | ',' | ';' | '<' | '>');
    let labels_are_whole = domain.split('.').all(|label| !label.is_empty());
    !mailbox.is_empty()
        && !mailbox.contains(bad)
        && domain.contains('.')
        && labels_are_whole
        && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(raw: &str) -> (Form, String) {
        let mut out = String::new();
        let form = link_key(raw, &mut out);
        (form, out)
    }

    #[track_caller]
    fn is(raw: &str, expected: &str) {
        assert_eq!(key(raw), (Form::Proper, expected.to_owned()));
    }

    #[test]
    fn case_spaces_and_wrapping_do_not_tell_addresses_apart() {
        is(" Ana@Shop.ES ", "ana@shop.es");
        is("mailto:Ana@shop.es", "ana@shop.es");
        is("Ana García <ana@shop.es>", "ana@shop.es");
        is("ana@shop.es.", "ana@shop.es");
        is("JOSÉ@SHOP.ES", "josé@shop.es");
    }

    #[test]
    fn each_provider_reads_its_mailboxes_in_its_own_way() {
        is("a.n.a+x@gmail.com", "ana@gmail.com");
        is("a.na@googlemail.com", "ana@gmail.com");
        is("a.na+news@hotmail.com", "a.na@hotmail.com");
        is("ana+1@icloud.com", "ana@icloud.com");
        is("an.a+1@protonmail.com", "ana@proton.me");
        is("ana-shop@yahoo.es", "ana@yahoo.es");
        is("ana+news@fastmail.com", "ana@fastmail.com");
    }

    #[test]
    fn an_unknown_provider_keeps_dots_and_suffixes() {
        is("a.na+news@shop.es", "a.na+news@shop.es");
        is("ana-maria@shop.es", "ana-maria@shop.es");
    }

    #[test]
    fn what_cannot_be_delivered_is_unusable() {
        for raw in [
            "ana",
            "ana@",
            "@shop.es",
            "ana@shop",
            "a b@shop.es",
            "a@b@shop.es",
            "ana@.es",
            "ana@shop..es",
            "+x@gmail.com",
            "a@sh op.es",
        ] {
            assert_eq!(key(raw).0, Form::Unusable, "{raw}");
        }
    }

    #[test]
    fn nobody_reads_a_noreply_address() {
        assert_eq!(key("NoReply@shop.es").0, Form::Placeholder);
        assert_eq!(key("ana@nomail.com").0, Form::Placeholder);
    }

    #[test]
    fn every_domain_belongs_to_one_provider() {
        let mut domains: Vec<_> = PROVIDERS.iter().flat_map(|p| p.domains).collect();
        let n = domains.len();
        domains.sort_unstable();
        domains.dedup();
        assert_eq!(domains.len(), n);
    }
}
