//! `is_erased(party_ref)`: whether the erasure list of the store has a reference.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow_array::BooleanArray;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use crate::erasure::ErasedParties;

/// The function over one list; null is nobody.
#[derive(Debug)]
pub(super) struct IsErased {
    signature: Signature,
    list: Arc<ErasedParties>,
}

impl IsErased {
    pub(super) fn new(list: Arc<ErasedParties>) -> Self {
        let signature = Signature::exact(vec![DataType::Utf8], Volatility::Immutable);
        Self { signature, list }
    }
}

// An engine knows one list, so that all its functions of this name are one.
impl PartialEq for IsErased {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.list, &other.list)
    }
}

impl Eq for IsErased {}

impl Hash for IsErased {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.signature.hash(state);
    }
}

impl ScalarUDFImpl for IsErased {
    fn name(&self) -> &'static str {
        "is_erased"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [references] = args.args.as_slice() else {
            return exec_err!("is_erased takes one argument");
        };
        let references = references.to_array(args.number_rows)?;
        let erased: BooleanArray = references
            .as_string::<i32>()
            .iter()
            .map(|reference| Some(reference.is_some_and(|it| self.list.has(it))))
            .collect();
        Ok(ColumnarValue::Array(Arc::new(erased)))
    }
}
