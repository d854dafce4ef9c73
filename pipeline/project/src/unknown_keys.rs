//! Finds every key that the project file does not know, all at once.

use serde_json::Value;

use crate::{Positions, Problem};

/// Lists the written paths that the JSON Schema has no place for.
///
/// Serde stops at the first unknown key; a user wants to hear of all of them in one go.
pub(crate) fn unknown_keys(schema: &Value, positions: &Positions) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for path in positions.paths() {
        let parent_is_unknown = problems.iter().any(|known| is_below(path, &known.path));
        if parent_is_unknown {
            continue;
        }
        if let Lookup::Unknown { siblings } = look_up(schema, path) {
            let (line, column) = positions.of(path);
            let key = path.rsplit('.').next().unwrap_or(path);
            let hint = closest(key, &siblings).map_or_else(
                || format!("known here: {}", siblings.join(", ")),
                |known| format!("did you mean `{known}`?"),
            );
            problems.push(Problem {
                line,
                column,
                path: path.to_owned(),
                message: "unknown key".into(),
                hint: Some(hint),
            });
        }
    }
    problems
}

fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.starts_with(['.', '[']))
}

enum Lookup {
    Known,
    Unknown { siblings: Vec<String> },
}

fn look_up(schema: &Value, path: &str) -> Lookup {
    let mut here = vec![schema];
    for step in steps(path) {
        let open = expand(schema, &here);
        let mut next = Vec::new();
        let mut siblings = Vec::new();
        let mut free = false;
        for node in &open {
            match step {
                Step::Key(key) => {
                    if let Some(properties) = node.get("properties").and_then(Value::as_object) {
                        siblings.extend(properties.keys().cloned());
                        if let Some(found) = properties.get(key) {
                            next.push(found);
                            continue;
                        }
                    }
                    match node.get("additionalProperties") {
                        Some(Value::Bool(false)) => {}
                        Some(found @ Value::Object(_)) => next.push(found),
                        _ if node.get("properties").is_none() => free = true,
                        _ => {}
                    }
                }
                Step::Item => match node.get("items") {
                    Some(found) => next.push(found),
                    None => free = true,
                },
            }
        }
        if next.is_empty() {
            if free || siblings.is_empty() {
                return Lookup::Known; // a wrong type, which serde explains better
            }
            siblings.sort();
            siblings.dedup();
            return Lookup::Unknown { siblings };
        }
        here = next;
    }
    Lookup::Known
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Item,
}

fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    path.split('.').flat_map(|part| {
        let (key, items) = part
            .split_once('[')
            .map_or((part, 0), |(key, rest)| (key, 1 + rest.matches('[').count()));
        std::iter::once(Step::Key(key)).chain(std::iter::repeat_n(Step::Item, items))
    })
}

/// Follows references and alternatives down to schemas that speak of keys or items.
fn expand<'a>(root: &'a Value, nodes: &[&'a Value]) -> Vec<&'a Value> {
    let mut open = Vec::new();
    let mut waiting: Vec<&Value> = nodes.to_vec();
    while let Some(node) = waiting.pop() {
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            waiting.extend(reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)));
        }
        for word in ["anyOf", "oneOf", "allOf"] {
            waiting.extend(node.get(word).and_then(Value::as_array).into_iter().flatten());
        }
        open.push(node);
    }
    open
}

/// The known word that differs least, if it differs little.
pub(crate) fn closest<'a>(word: &str, known: &'a [String]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (edit_distance(word, candidate), candidate.as_str()))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(word.len()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(&b) {
            let best = (diagonal + usize::from(from != *to)).min(*cell + 1).min(left + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_closest_to_its_own_misspelling() {
        let known = ["files".to_owned(), "format".to_owned(), "delimiter".to_owned()];
        assert_eq!(closest("delimeter", &known), Some("delimiter"));
        assert_eq!(closest("file", &known), Some("files"));
        assert_eq!(closest("currency", &known), None);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }
}
