//! Reads SQL expressions of the project file without running them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, visit_expressions};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

/// The columns an expression names, in name order.
///
/// # Errors
///
/// What the parser says when the text is not one expression.
pub(crate) fn columns_named(sql: &str) -> Result<Vec<String>, String> {
    let expression = parse(sql)?;
    let mut names = BTreeSet::new();
    let visited: ControlFlow<()> = visit_expressions(&expression, |part| {
        match part {
            Expr::Identifier(name) => {
                names.insert(name.value.clone());
            }
            Expr::CompoundIdentifier(path) => {
                names.insert(
                    path.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join("."),
                );
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    debug_assert!(visited.is_continue(), "nothing ends the visit early");
    Ok(names.into_iter().collect())
}

fn parse(sql: &str) -> Result<Expr, String> {
    let plain = |error: datafusion::sql::sqlparser::parser::ParserError| {
        error.to_string().trim_start_matches("sql parser error: ").to_owned()
    };
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(sql).map_err(plain)?;
    let expression = parser.parse_expr().map_err(plain)?;
    if parser.peek_token().token != Token::EOF {
        return Err(format!("unexpected `{}` after the expression", parser.peek_token()));
    }
    Ok(expression)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_from_functions_and_texts() {
        let named = columns_named("CASE WHEN Quantity > 0 THEN upper(\"Unit Price\") ELSE 'x' END");
        assert_eq!(named, Ok(vec!["Quantity".to_owned(), "Unit Price".to_owned()]));
        assert!(columns_named("1 +").is_err());
        assert!(columns_named("a; DROP TABLE b").is_err());
    }
}
