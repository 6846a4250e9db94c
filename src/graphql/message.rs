use std::borrow::Cow;

use async_graphql::{
    ContextBase, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    parser::types::Field, registry::Registry,
};

use crate::text::{Language, Message};

/// A `String` in the schema: the message's words, in the language of whoever asks.
impl OutputType for Message {
    fn type_name() -> Cow<'static, str> {
        <String as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <String as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(Value::String(self.in_language(language(ctx))))
    }
}

/// The language of whoever asks.
pub fn language<T>(ctx: &ContextBase<'_, T>) -> Language {
    ctx.data_opt().copied().unwrap_or_default()
}
