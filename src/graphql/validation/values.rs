//! The rules of values that apollo-compiler leaves out: whether a variable may stand where it stands, also within lists
//! and objects, and with a default of null; that an object names no field twice; and whether a scalar of the shop's own
//! can be what is written.

use std::collections::HashSet;

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{Argument, Directive, InputValueDefinition, Type, Value, VariableDefinition},
    executable::{Selection, SelectionSet},
    schema::ExtendedType,
    validation::Valid,
};
use async_graphql::{Number, ServerError, Value as GraphQlValue};

use super::place;
use crate::{
    graphql::{ApiError, variables::scalar_takes},
    text::{Message, message},
};

/// What is wrong with the values of a document that is valid but for these rules.
pub fn errors(schema: &Valid<Schema>, document: &ExecutableDocument) -> Vec<ServerError> {
    let mut all = Vec::new();
    for operation in document.operations.iter() {
        let mut values = Values {
            schema,
            document,
            variables: &operation.variables,
            fragments: HashSet::new(),
            errors: Vec::new(),
        };
        values.directives(&operation.directives);
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                values.value(default, &variable.ty, false);
            }
        }
        values.selections(&operation.selection_set);
        all.append(&mut values.errors);
    }
    all
}

/// The values of an operation.
struct Values<'d> {
    schema: &'d Schema,
    document: &'d ExecutableDocument,
    variables: &'d [Node<VariableDefinition>],
    /// Those that were looked into.
    fragments: HashSet<&'d Name>,
    errors: Vec<ServerError>,
}

impl<'d> Values<'d> {
    fn selections(&mut self, set: &'d SelectionSet) {
        for selection in &set.selections {
            self.directives(selection.directives());
            match selection {
                Selection::Field(field) => {
                    self.arguments(&field.arguments, &field.definition.arguments);
                    self.selections(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                        && self.fragments.insert(&spread.fragment_name)
                    {
                        self.directives(&fragment.directives);
                        self.selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &[Node<Directive>]) {
        for directive in directives {
            if let Some(definition) = self.schema.directive_definitions.get(&directive.name) {
                self.arguments(&directive.arguments, &definition.arguments);
            }
        }
    }

    fn arguments(
        &mut self,
        arguments: &[Node<Argument>],
        definitions: &[Node<InputValueDefinition>],
    ) {
        for argument in arguments {
            let mut definitions = definitions.iter();
            if let Some(definition) = definitions.find(|it| it.name == argument.name) {
                let has_default = definition.default_value.is_some();
                self.value(&argument.value, &definition.ty, has_default);
            }
        }
    }

    /// A value where one of this type is expected, which may have a default.
    fn value(&mut self, value: &Node<Value>, expected: &Type, has_default: bool) {
        match &**value {
            Value::Variable(name) => self.variable(name, value, expected, has_default),
            // Whether it may be null, is known already.
            Value::Null => {}
            Value::List(items) if expected.is_list() => {
                for item in items {
                    self.value(item, expected.item_type(), false);
                }
            }
            written => {
                if let Value::Object(fields) = written {
                    self.unique_names(fields);
                }
                let name = expected.inner_named_type();
                match (written, self.schema.types.get(name)) {
                    (Value::Object(fields), Some(ExtendedType::InputObject(input))) => {
                        for (field, value) in fields {
                            if let Some(definition) = input.fields.get(field) {
                                let has_default = definition.default_value.is_some();
                                self.value(value, &definition.ty, has_default);
                            }
                        }
                    }
                    (written, Some(ExtendedType::Scalar(scalar)))
                        if !scalar.is_built_in()
                            && constant(written).is_some_and(|it| !scalar_takes(name, &it)) =>
                    {
                        let expected = expected.to_string();
                        self.refuse(value, message!("graphql-wrong-value", expected));
                    }
                    _ => {}
                }
            }
        }
    }

    /// `IsVariableUsageAllowed` of the specification, 5.8.5.
    fn variable(&mut self, name: &Name, value: &Node<Value>, expected: &Type, has_default: bool) {
        let mut variables = self.variables.iter();
        let Some(variable) = variables.find(|variable| variable.name == *name) else {
            return;
        };
        let is_defaulted = |default: &Node<Value>| !default.is_null();
        let is_never_null =
            has_default || variable.default_value.as_ref().is_some_and(is_defaulted);
        let nullable = expected.clone().nullable();
        let at_most = if is_never_null { &nullable } else { expected };
        if !variable.ty.is_assignable_to(at_most) {
            let message = message!(
                "graphql-wrong-variable",
                name = name.to_string(),
                has = variable.ty.to_string(),
                expected = expected.to_string(),
            );
            self.refuse(value, message);
        }
    }

    fn unique_names(&mut self, fields: &[(Name, Node<Value>)]) {
        let mut names = HashSet::new();
        for (name, value) in fields {
            if !names.insert(name) {
                let twice = message!("graphql-field-twice", name = name.to_string());
                self.refuse(value, twice);
            }
        }
    }

    fn refuse(&mut self, value: &Node<Value>, message: Message) {
        let place = place(value.location(), &self.document.sources);
        self.errors.push(ApiError::bad_request(message).at(place));
    }
}

/// The value, if it is known before the variables are.
fn constant(value: &Value) -> Option<GraphQlValue> {
    Some(match value {
        Value::Variable(_) => return None,
        Value::Null => GraphQlValue::Null,
        Value::Enum(name) => GraphQlValue::Enum(async_graphql::Name::new(name)),
        Value::String(text) => GraphQlValue::String(text.clone()),
        Value::Boolean(it) => GraphQlValue::Boolean(*it),
        Value::Int(number) => GraphQlValue::Number(number.as_str().parse().ok()?),
        Value::Float(number) => GraphQlValue::Number(Number::from_f64(number.try_to_f64().ok()?)?),
        Value::List(items) => {
            let items = items.iter().map(|item| constant(item));
            GraphQlValue::List(items.collect::<Option<_>>()?)
        }
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| Some((async_graphql::Name::new(name), constant(value)?)));
            GraphQlValue::Object(fields.collect::<Option<_>>()?)
        }
    })
}
