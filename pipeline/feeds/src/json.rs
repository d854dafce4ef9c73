//! One JSON object, member by member, with values as they are written.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in their order, each value as written.
pub(crate) struct Members<'a> {
    pub(crate) members: Vec<(Cow<'a, str>, &'a str)>,
}

impl Members<'_> {
    /// Whether a key is there twice.
    pub(crate) fn has_duplicates(&self) -> bool {
        // Hashes spare the copying of keys for the sake of a set; they are the same in every run.
        let mut hashes: Vec<u64> = self
            .members
            .iter()
            .map(|(key, _)| {
                let mut hasher = DefaultHasher::new();
                key.hash(&mut hasher);
                hasher.finish()
            })
            .collect();
        hashes.sort_unstable();
        hashes.array_windows().any(|[a, b]| a == b)
    }
}

/// A key, copied only where it is escaped.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    members.push((key, value.get()));
                }
                Ok(Members { members })
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// A value by its type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(&'a str),
    /// The digits as written.
    Number(&'a str),
    String(Cow<'a, str>),
    /// The object as written.
    Object(&'a str),
    Array,
}

/// Tells the type of a value that is known to be valid JSON, but for the escapes of a string.
///
/// `None` is a string with an escape that is no character.
pub(crate) fn value(raw: &str) -> Option<Value<'_>> {
    Some(match raw.as_bytes().first() {
        Some(b'"') => Value::String(string(raw)?),
        Some(b'{') => Value::Object(raw),
        Some(b'[') => Value::Array,
        Some(b't' | b'f') => Value::Bool(raw),
        Some(b'n') => Value::Null,
        _ => Value::Number(raw),
    })
}

fn string(raw: &str) -> Option<Cow<'_, str>> {
    // Nearly all strings are what stands between the quotes.
    match raw.get(1..raw.len() - 1) {
        Some(inside) if memchr::memchr(b'\\', inside.as_bytes()).is_none() => {
            Some(Cow::Borrowed(inside))
        }
        _ => serde_json::from_str::<Key<'_>>(raw).ok().map(|Key(text)| text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_as_written() {
        let text = r#"{"a": 1.10, "b\n": "x", "c":{"d" : [1]}, "a":null}"#;
        let object: Members<'_> = serde_json::from_str(text).expect("an object");
        let found: Vec<_> = object.members.iter().map(|(key, raw)| (key.as_ref(), *raw)).collect();
        assert_eq!(found, [("a", "1.10"), ("b\n", "\"x\""), ("c", "{\"d\" : [1]}"), ("a", "null")]);
        assert!(object.has_duplicates());
        let object: Members<'_> = serde_json::from_str(r#"{"a":1,"b":1}"#).expect("an object");
        assert!(!object.has_duplicates());
    }

    #[test]
    fn values_are_told_apart_by_their_type() {
        assert_eq!(value("-1e5"), Some(Value::Number("-1e5")));
        assert_eq!(value("\"a\\u00e9\""), Some(Value::String("aé".into())));
        assert_eq!(value("\"\""), Some(Value::String("".into())));
        assert_eq!(value("\"\\ud800\""), None);
        assert_eq!(value("[]"), Some(Value::Array));
        assert_eq!(value("false"), Some(Value::Bool("false")));
    }
}
