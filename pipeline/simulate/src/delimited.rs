//! Lines of separated values.

/// One line of separated values; cells that need quotes get them.
pub(crate) fn line(delimiter: char, cells: &[&str]) -> String {
    let mut line = String::new();
    for (nth, cell) in cells.iter().enumerate() {
        if nth > 0 {
            line.push(delimiter);
        }
        if cell.contains([delimiter, '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_delimiters_and_quotes_are_quoted() {
        assert_eq!(line(';', &["a,b", "c;d", "e\"f", ""]), "a,b;\"c;d\";\"e\"\"f\";");
    }
}
