//! Where each key of a YAML text stands.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// Line and column of every key and list item, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions {
    places: BTreeMap<String, (u64, u64)>,
}

impl Positions {
    /// Line and column of the value at `path`, or of its nearest parent that is written down.
    pub fn of(&self, path: &str) -> (u64, u64) {
        let mut path = path;
        loop {
            if let Some(place) = self.places.get(path) {
                return *place;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return (0, 0),
            }
        }
    }

    /// Every path that is written down.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    pub(crate) fn add(&mut self, path: String, place: (u64, u64)) {
        self.places.insert(path, place);
    }
}

/// A YAML value with the place of each of its parts.
pub(crate) enum Node {
    Map(Vec<(Spanned<String>, Node)>),
    List(Vec<Spanned<Node>>),
    Leaf,
}

impl Node {
    pub(crate) fn collect(&self, path: &str, positions: &mut Positions) {
        match self {
            Self::Map(entries) => {
                for (key, value) in entries {
                    let path = if path.is_empty() {
                        key.value.clone()
                    } else {
                        format!("{path}.{}", key.value)
                    };
                    let place = (key.referenced.line(), key.referenced.column());
                    positions.add(path.clone(), place);
                    value.collect(&path, positions);
                }
            }
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    let place = (item.referenced.line(), item.referenced.column());
                    positions.add(path.clone(), place);
                    item.value.collect(&path, positions);
                }
            }
            Self::Leaf => {}
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NodeVisitor;

        impl<'de> Visitor<'de> for NodeVisitor {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a YAML value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Node::Map(entries))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
                Ok(Node::Leaf)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
                Ok(Node::Leaf)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
                Ok(Node::Leaf)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
                Ok(Node::Leaf)
            }

            fn visit_str<E>(self, _: &str) -> Result<Node, E> {
                Ok(Node::Leaf)
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Leaf)
            }

            fn visit_none<E>(self) -> Result<Node, E> {
                Ok(Node::Leaf)
            }

            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Node, D::Error> {
                Node::deserialize(inner)
            }
        }

        deserializer.deserialize_any(NodeVisitor)
    }
}
